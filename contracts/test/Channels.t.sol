// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {INonces} from "../src/interfaces/INonces.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {IUsageController} from "../src/interfaces/IUsageController.sol";
import {IUsageTypes} from "../src/interfaces/IUsageTypes.sol";
import {Network} from "./support/Network.sol";
import {vm} from "./support/Vm.sol";
import {YesSayer} from "./support/Wallets.sol";

contract ChannelsTest is Network {
    bytes32 private session;

    function setUp() public {
        _deploy(250, 1 hours);
        _mintModel();
        session = _depositWithSession(_sessionTerms(), 100e6);
    }

    // Lock

    function test_a_lock_opens_a_channel_and_keeps_its_terms() public {
        bytes32 id = _lock(_lockTerms(session, 4e6));
        IUsageTypes.ChannelState memory c = controller.channel(id);
        vm.assertEq(id, controller.channelId(session, provider.addr, modelId, 0));
        vm.assertEq(c.session, session);
        vm.assertEq(c.provider, provider.addr);
        vm.assertEq(c.modelId, modelId);
        vm.assertEq(c.key, sessionKey.addr);
        vm.assertEq(c.locked, 4e6);
        vm.assertEq(c.claimed, 0);
        vm.assertEq(c.seq, 0);
        vm.assertEq(c.creatorBps, 2000);
        vm.assertEq(c.feeBps, 250);
        vm.assertEq(c.window, 1 hours);
        vm.assertTrue(c.state == IUsageTypes.State.Open);
        vm.assertEq(controller.free(payer.addr), 96e6);
        vm.assertEq(controller.session(session).used, 4e6);
    }

    function test_later_terms_are_for_later_channels() public {
        bytes32 id = _lock(_lockTerms(session, 1e6));
        IModelRegistry.SetTerms memory t = IModelRegistry.SetTerms(modelId, 3000, 0, 0, 0, FAR);
        registry.setTerms(t, _signRegistry(alice, hasher.hash(t)));
        vm.startPrank(steward.addr);
        controller.setWindow(2 hours);
        controller.scheduleFee(400);
        vm.stopPrank();
        vm.warp(START + 7 days);

        _lock(_lockTerms(session, 1e6));
        IUsageTypes.ChannelState memory c = controller.channel(id);
        vm.assertEq(c.locked, 2e6);
        vm.assertEq(c.creatorBps, 2000);
        vm.assertEq(c.feeBps, 250);
        vm.assertEq(c.window, 1 hours);

        IUsageTypes.Lock memory l = _lockTerms(session, 1e6);
        l.lane = 1;
        c = controller.channel(_lock(l));
        vm.assertEq(c.creatorBps, 3000);
        vm.assertEq(c.feeBps, 400);
        vm.assertEq(c.window, 2 hours);
    }

    function test_locks_are_used_once_in_any_order() public {
        IUsageTypes.Lock memory a = _lockTerms(session, 1e6);
        IUsageTypes.Lock memory b = _lockTerms(session, 1e6);
        a.nonce = 300;
        b.nonce = 1;
        _lock(a);
        _lock(b);
        bytes memory signature = _signUsage(sessionKey, hasher.hash(a));
        vm.expectRevert(abi.encodeWithSelector(INonces.NonceUsed.selector, session, 300));
        controller.lock(a, new bytes32[](0), signature);
    }

    function test_a_session_for_some_models_takes_a_proof() public {
        bytes32 other = keccak256(bytes.concat(keccak256(abi.encode(uint256(5)))));
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(modelId))));
        IUsageTypes.Session memory s = _sessionTerms();
        s.modelsRoot = leaf < other ? keccak256(abi.encode(leaf, other)) : keccak256(abi.encode(other, leaf));
        IUsageTypes.Lock memory l = _lockTerms(_depositWithSession(s, 1e6), 1e6);
        bytes memory signature = _signUsage(sessionKey, hasher.hash(l));
        vm.expectRevert(abi.encodeWithSelector(IUsageController.ModelNotAllowed.selector, l.session, modelId));
        controller.lock(l, new bytes32[](0), signature);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = other;
        controller.lock(l, proof, signature);
    }

    function test_error_more_than_cap_or_balance() public {
        _lock(_lockTerms(session, 40e6));
        _refuse(
            _lockTerms(session, 10e6 + 1),
            abi.encodeWithSelector(IUsageController.OverCap.selector, 50e6, 40e6, 10e6 + 1)
        );
        _refuse(
            _lockTerms(session, type(uint256).max),
            abi.encodeWithSelector(IUsageController.OverCap.selector, 50e6, 40e6, type(uint256).max)
        );
        vm.prank(payer.addr);
        controller.withdraw(55e6, payer.addr);
        _refuse(
            _lockTerms(session, 6e6),
            abi.encodeWithSelector(IUsageController.InsufficientFree.selector, payer.addr, 5e6, 6e6)
        );
        _lock(_lockTerms(session, 5e6));
    }

    function test_error_session_ended_or_unknown() public {
        _refuse(_lockTerms(0, 1e6), abi.encodeWithSelector(IUsageController.UnknownSession.selector, 0));
        vm.prank(payer.addr);
        controller.revoke(session);
        uint64 expiry = controller.session(session).expiry;
        _refuse(
            _lockTerms(session, 1e6),
            abi.encodeWithSelector(IUsageController.SessionEnded.selector, session, expiry, true)
        );
    }

    function test_error_session_expired() public {
        uint64 expiry = controller.session(session).expiry;
        vm.warp(expiry);
        _refuse(
            _lockTerms(session, 1e6),
            abi.encodeWithSelector(IUsageController.SessionEnded.selector, session, expiry, false)
        );
    }

    function test_error_bad_locks() public {
        _refuse(_lockTerms(session, 0), abi.encodeWithSelector(IUsageController.ZeroAmount.selector));
        IUsageTypes.Lock memory l = _lockTerms(session, 1e6);
        l.deadline = uint64(START - 1);
        _refuse(l, abi.encodeWithSelector(ISignedActions.Expired.selector, START - 1));
        l = _lockTerms(session, 1e6);
        l.maxCreatorBps = 1999;
        _refuse(l, abi.encodeWithSelector(IUsageController.CreatorBpsAboveMaximum.selector, 2000, 1999));
        l = _lockTerms(session, 1e6);
        l.modelId = 5;
        _refuse(l, abi.encodeWithSelector(IModelRegistry.UnknownModel.selector, 5));
        l = _lockTerms(session, 1e6);
        l.provider = address(0);
        _refuse(l, abi.encodeWithSelector(IUsageController.ZeroAddress.selector));
    }

    function test_error_code_at_the_session_key_does_not_sign() public {
        vm.etch(sessionKey.addr, address(new YesSayer()).code);
        IUsageTypes.Lock memory l = _lockTerms(session, 1e6);
        bytes memory signature = _signUsage(mallory, hasher.hash(l));
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.BadSignature.selector, sessionKey.addr));
        controller.lock(l, new bytes32[](0), signature);
    }

    function test_error_paused() public {
        vm.prank(steward.addr);
        controller.pause();
        _refuse(_lockTerms(session, 1e6), abi.encodeWithSelector(Pausable.EnforcedPause.selector));
    }

    // Closing

    function test_payer_and_key_close_by_themselves_or_by_signature() public {
        (bytes32 a, bytes32 b) = (_lane(0), _lane(1));
        vm.prank(payer.addr);
        controller.requestClose(a);
        vm.prank(sessionKey.addr);
        controller.requestClose(b);
        _requestCloseBySig(_lane(2), payer);
        _requestCloseBySig(_lane(3), sessionKey);
        for (uint32 lane = 0; lane < 4; ++lane) {
            IUsageTypes.ChannelState memory c = controller.channel(_channelOf(lane));
            vm.assertTrue(c.state == IUsageTypes.State.Closing);
            vm.assertEq(c.closeAt, START + 1 hours);
        }
    }

    function test_anyone_closes_once_the_session_ended() public {
        bytes32 id = _lane(0);
        vm.expectRevert(abi.encodeWithSelector(IUsageController.CloseNotAllowed.selector, id, address(this)));
        controller.requestClose(id);
        vm.prank(payer.addr);
        controller.revoke(session);
        controller.requestClose(id);
    }

    function test_the_rest_comes_back_after_the_window() public {
        bytes32 id = _lane(0);
        _claim(id, 1, 300_000);
        vm.prank(payer.addr);
        controller.requestClose(id);
        vm.expectRevert(abi.encodeWithSelector(IUsageController.WindowOpen.selector, id, START + 1 hours));
        controller.finalizeClose(id);
        vm.warp(START + 1 hours);
        controller.finalizeClose(id);
        vm.assertEq(controller.free(payer.addr), 100e6 - 300_000);
        vm.assertEq(controller.session(session).used, 300_000);
    }

    function test_error_closed_is_final() public {
        bytes32 id = _lane(0);
        vm.prank(payer.addr);
        controller.requestClose(id);
        vm.prank(payer.addr);
        vm.expectRevert(abi.encodeWithSelector(IUsageController.WrongState.selector, id, IUsageTypes.State.Closing));
        controller.requestClose(id);
        bytes memory closing =
            abi.encodeWithSelector(IUsageController.WrongState.selector, id, IUsageTypes.State.Closing);
        _refuse(_lockTerms(session, 1e6), closing);
        vm.warp(START + 1 hours);
        controller.finalizeClose(id);
        bytes memory closed = abi.encodeWithSelector(IUsageController.WrongState.selector, id, IUsageTypes.State.Closed);
        _refuse(_lockTerms(session, 1e6), closed);
        vm.expectRevert(closed);
        controller.finalizeClose(id);
        vm.prank(payer.addr);
        vm.expectRevert(closed);
        controller.requestClose(id);
    }

    function test_error_strangers_cannot_sign_a_close() public {
        bytes32 id = _lane(0);
        IUsageTypes.RequestClose memory r = IUsageTypes.RequestClose(id, FAR);
        bytes memory signature = _signUsage(provider, hasher.hashRequestClose(r));
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.BadSignature.selector, payer.addr));
        controller.requestCloseBySig(r, signature);
    }

    function _lane(uint32 lane) private returns (bytes32) {
        IUsageTypes.Lock memory l = _lockTerms(session, 1e6);
        l.lane = lane;
        return _lock(l);
    }

    function _channelOf(uint32 lane) private view returns (bytes32) {
        return controller.channelId(session, provider.addr, modelId, lane);
    }

    function _requestCloseBySig(bytes32 id, Account memory by) private {
        IUsageTypes.RequestClose memory r = IUsageTypes.RequestClose(id, FAR);
        controller.requestCloseBySig(r, _signUsage(by, hasher.hashRequestClose(r)));
    }

    function _refuse(IUsageTypes.Lock memory l, bytes memory reason) private {
        bytes memory signature = _signUsage(sessionKey, hasher.hash(l));
        vm.expectRevert(reason);
        controller.lock(l, new bytes32[](0), signature);
    }
}
