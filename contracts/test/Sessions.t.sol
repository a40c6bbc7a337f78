// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {IUsageController} from "../src/interfaces/IUsageController.sol";
import {IUsageTypes} from "../src/interfaces/IUsageTypes.sol";
import {Network} from "./support/Network.sol";
import {vm} from "./support/Vm.sol";
import {NaySayer, Wallet} from "./support/Wallets.sol";

contract SessionsTest is Network {
    function setUp() public {
        _deploy(250, 1 hours);
    }

    function test_one_signature_deposits_and_opens() public {
        IUsageTypes.Session memory s = _sessionTerms();
        bytes32 id = _depositWithSession(s, 80e6);
        IUsageTypes.SessionState memory state = controller.session(id);
        vm.assertEq(controller.free(payer.addr), 80e6);
        vm.assertEq(usdc.balanceOf(address(controller)), 80e6);
        vm.assertEq(state.payer, payer.addr);
        vm.assertEq(state.key, sessionKey.addr);
        vm.assertEq(state.cap, 50e6);
        vm.assertEq(state.used, 0);
        vm.assertEq(state.expiry, s.expiry);
        vm.assertFalse(state.revoked);
        vm.assertEq(state.modelsRoot, 0);
    }

    function testFuzz_error_the_deposit_signature_commits_to_every_term(uint256 field, uint256 change) public {
        IUsageTypes.Session memory s = _sessionTerms();
        usdc.mint(payer.addr, 80e6);
        bytes memory signature = _authorization(payer, address(controller), 80e6, hasher.hash(s));
        field = field % 5;
        if (field == 0) s.key = address(uint160(_bound(change, 1, type(uint160).max)));
        if (field == 1) s.cap = _bound(change, 1, type(uint128).max);
        if (field == 2) s.expiry = uint64(_bound(change, START + 1, type(uint64).max));
        if (field == 3) s.modelsRoot = bytes32(_bound(change, 1, type(uint256).max));
        if (field == 4) s.salt = bytes32(change);
        vm.assume(hasher.hash(s) != hasher.hash(_sessionTerms()));
        vm.expectRevert("FiatTokenV2: invalid signature");
        controller.depositWithSession(s, 80e6, 0, type(uint256).max, signature);
    }

    function test_error_a_deposit_is_not_repeated() public {
        IUsageTypes.Session memory s = _sessionTerms();
        bytes32 id = _depositWithSession(s, 80e6);
        usdc.mint(payer.addr, 80e6);
        bytes memory signature = _authorization(payer, address(controller), 80e6, id);
        vm.expectRevert("FiatTokenV2: authorization is used or canceled");
        controller.depositWithSession(s, 80e6, 0, type(uint256).max, signature);
    }

    function test_anyone_deposits_for_a_payer() public {
        _depositFor(bob, payer.addr, 5e6);
        vm.assertEq(controller.free(payer.addr), 5e6);
        vm.assertEq(controller.free(bob.addr), 0);
    }

    function test_a_session_is_opened_over_the_free_balance() public {
        IUsageTypes.Session memory s = _sessionTerms();
        bytes memory signature = _signUsage(payer, hasher.hash(s));
        bytes32 id = controller.openSession(s, signature);
        vm.assertEq(id, hasher.hash(s));
        vm.expectRevert(abi.encodeWithSelector(IUsageController.SessionExists.selector, id));
        controller.openSession(s, signature);
    }

    function test_an_ERC1271_wallet_is_a_payer() public {
        Wallet wallet = new Wallet(payer.addr);
        IUsageTypes.Session memory s = _sessionTerms();
        s.payer = address(wallet);
        controller.openSession(s, _signUsage(payer, hasher.hash(s)));
        IUsageTypes.Revoke memory r = IUsageTypes.Revoke(hasher.hash(s), FAR);
        controller.revokeBySig(r, _signUsage(payer, hasher.hashRevoke(r)));
        vm.assertTrue(controller.session(hasher.hash(s)).revoked);
    }

    function test_a_payer_with_EIP7702_code_still_signs_by_key() public {
        vm.etch(payer.addr, abi.encodePacked(hex"ef0100", address(new NaySayer())));
        IUsageTypes.Session memory s = _sessionTerms();
        controller.openSession(s, _signUsage(payer, hasher.hash(s)));
    }

    function test_error_somebody_else_cannot_open_or_revoke() public {
        IUsageTypes.Session memory s = _sessionTerms();
        bytes memory signature = _signUsage(mallory, hasher.hash(s));
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.BadSignature.selector, payer.addr));
        controller.openSession(s, signature);

        bytes32 id = _depositWithSession(s, 80e6);
        vm.prank(sessionKey.addr);
        vm.expectRevert(abi.encodeWithSelector(IUsageController.OnlyPayer.selector, sessionKey.addr, payer.addr));
        controller.revoke(id);
        IUsageTypes.Revoke memory r = IUsageTypes.Revoke(id, FAR);
        signature = _signUsage(sessionKey, hasher.hashRevoke(r));
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.BadSignature.selector, payer.addr));
        controller.revokeBySig(r, signature);
    }

    function test_a_payer_revokes_once() public {
        bytes32 id = _depositWithSession(_sessionTerms(), 80e6);
        vm.prank(payer.addr);
        controller.revoke(id);
        vm.assertTrue(controller.session(id).revoked);
        vm.prank(payer.addr);
        uint64 expiry = _sessionTerms().expiry;
        vm.expectRevert(abi.encodeWithSelector(IUsageController.SessionEnded.selector, id, expiry, true));
        controller.revoke(id);
    }

    function test_error_a_signature_for_another_chain() public {
        IUsageTypes.Session memory s = _sessionTerms();
        bytes memory signature = _signUsage(payer, hasher.hash(s));
        vm.chainId(8453);
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.BadSignature.selector, payer.addr));
        controller.openSession(s, signature);
    }

    function test_error_a_signature_with_high_s() public {
        IUsageTypes.Session memory s = _sessionTerms();
        bytes32 hash = hasher.hash(s);
        bytes memory signature = _highS(_signUsage(payer, hash));
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.BadSignature.selector, payer.addr));
        controller.openSession(s, signature);
    }

    function test_error_bad_terms() public {
        IUsageTypes.Session memory s = _sessionTerms();
        s.key = address(0);
        _refuse(s, abi.encodeWithSelector(IUsageController.ZeroAddress.selector));
        s = _sessionTerms();
        s.cap = 0;
        _refuse(s, abi.encodeWithSelector(IUsageController.ZeroAmount.selector));
        s = _sessionTerms();
        s.cap = 1 << 128;
        _refuse(s, abi.encodeWithSelector(IUsageController.CapTooLarge.selector, 1 << 128));
        s = _sessionTerms();
        s.expiry = uint64(START);
        _refuse(s, abi.encodeWithSelector(IUsageController.SessionEnded.selector, hasher.hash(s), START, false));
    }

    function test_error_nothing_to_deposit() public {
        vm.expectRevert(IUsageController.ZeroAmount.selector);
        controller.depositFor(payer.addr, 0);
        vm.expectRevert(IUsageController.ZeroAddress.selector);
        controller.depositFor(address(0), 1);
    }

    function test_error_paused() public {
        vm.prank(steward.addr);
        controller.pause();
        vm.expectRevert(Pausable.EnforcedPause.selector);
        controller.depositFor(payer.addr, 1);
        vm.expectRevert(Pausable.EnforcedPause.selector);
        controller.depositWithSession(_sessionTerms(), 1, 0, type(uint256).max, "");
    }

    function _refuse(IUsageTypes.Session memory s, bytes memory reason) private {
        bytes memory signature = _signUsage(payer, hasher.hash(s));
        vm.expectRevert(reason);
        controller.openSession(s, signature);
    }

    function _depositFor(Account memory from, address to, uint256 amount) private {
        usdc.mint(from.addr, amount);
        vm.startPrank(from.addr);
        usdc.approve(address(controller), amount);
        controller.depositFor(to, amount);
        vm.stopPrank();
    }
}
