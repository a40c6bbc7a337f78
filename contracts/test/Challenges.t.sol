// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {IUsageController} from "../src/interfaces/IUsageController.sol";
import {IUsageTypes} from "../src/interfaces/IUsageTypes.sol";
import {Network} from "./support/Network.sol";
import {vm} from "./support/Vm.sol";

contract ChallengesTest is Network {
    bytes32 private id;

    function setUp() public {
        _deploy(250, 1 hours);
        _mintModel();
        id = _openChannel(10e6);
        _stake(provider, 100e6, "stake");
    }

    function test_two_receipts_with_one_number_cost_what_was_overpaid_and_a_penalty() public {
        _claim(id, 5, 3e6);
        uint256 free = controller.free(payer.addr);
        uint256 fees = controller.credit(treasury.addr);
        _challenge(_receipt(id, 5, 2e6), _receipt(id, 5, 3e6));
        vm.assertEq(controller.free(payer.addr), free + 1e6);
        vm.assertEq(controller.credit(treasury.addr), fees + 10e6);
        vm.assertEq(providers.provider(provider.addr).stake, 89e6);
        vm.assertEq(usdc.balanceOf(address(providers)), 89e6);
    }

    function test_nothing_is_compensated_before_it_is_claimed_and_everything_after() public {
        _claim(id, 4, 1e6);
        _challenge(_receipt(id, 5, 2e6), _receipt(id, 5, 3e6));
        vm.assertEq(providers.provider(provider.addr).stake, 90e6);
        _claim(id, 5, 3e6);
        _challenge(_receipt(id, 5, 2e6), _receipt(id, 5, 3e6));
        vm.assertEq(providers.provider(provider.addr).stake, 89e6);
        _refuse(
            _receipt(id, 5, 2e6),
            _receipt(id, 5, 3e6),
            abi.encodeWithSelector(IUsageController.NothingToSlash.selector, id)
        );
    }

    function test_different_answers_for_one_number_cost_the_penalty() public {
        IUsageTypes.Receipt memory other = _receipt(id, 5, 2e6);
        other.answerHash = keccak256("another answer");
        _challenge(_receipt(id, 5, 2e6), other);
        vm.assertEq(providers.provider(provider.addr).stake, 90e6);
    }

    function test_a_receipt_not_older_than_the_claim_with_a_lower_total() public {
        _claim(id, 5, 3e6);
        uint256 free = controller.free(payer.addr);
        IUsageTypes.Receipt memory r = _receipt(id, 5, 2_500_000);
        controller.challengeClaim(r, _signUsage(provider, hasher.hash(r)));
        vm.assertEq(controller.free(payer.addr), free + 500_000);
        r = _receipt(id, 7, 2e6);
        controller.challengeClaim(r, _signUsage(provider, hasher.hash(r)));
        vm.assertEq(controller.free(payer.addr), free + 1e6);
        vm.assertEq(providers.provider(provider.addr).stake, 89e6);
    }

    function test_the_payer_comes_before_the_penalty_when_the_stake_is_short() public {
        _unbond(provider, 98_500_000, 0);
        vm.warp(START + 7 days);
        providers.finishUnbond(provider.addr);
        _claim(id, 5, 3e6);
        uint256 free = controller.free(payer.addr);
        uint256 fees = controller.credit(treasury.addr);
        _challenge(_receipt(id, 5, 2e6), _receipt(id, 5, 3e6));
        vm.assertEq(controller.free(payer.addr), free + 1e6);
        vm.assertEq(controller.credit(treasury.addr), fees + 500_000);
        vm.assertEq(providers.provider(provider.addr).stake, 0);
    }

    function test_unbonding_stake_is_slashed_and_closed_channels_are_challenged() public {
        _unbond(provider, 100e6, 0);
        _claim(id, 5, 3e6);
        vm.prank(payer.addr);
        controller.requestClose(id);
        vm.warp(START + 1 hours);
        controller.finalizeClose(id);
        _challenge(_receipt(id, 5, 2e6), _receipt(id, 5, 3e6));
        vm.assertEq(providers.provider(provider.addr).unbonding, 89e6);
    }

    function test_error_an_honest_provider_is_not_slashed() public {
        _claim(id, 5, 3e6);
        bytes memory reason = abi.encodeWithSelector(IUsageController.NoContradiction.selector, id);
        _refuse(_receipt(id, 5, 3e6), _receipt(id, 5, 3e6), reason);
        _refuse(_receipt(id, 4, 2e6), _receipt(id, 5, 3e6), reason);
        _refuseClaim(_receipt(id, 4, 2e6), provider, reason);
        _refuseClaim(_receipt(id, 5, 3e6), provider, reason);
        _refuseClaim(_receipt(id, 6, 3e6), provider, reason);
    }

    function test_error_only_the_providers_own_words_count() public {
        _claim(id, 5, 3e6);
        bytes memory reason = abi.encodeWithSelector(ISignedActions.BadSignature.selector, provider.addr);
        _refuseClaim(_receipt(id, 5, 2e6), sessionKey, reason);
        IUsageTypes.Receipt memory a = _receipt(id, 5, 2e6);
        IUsageTypes.Receipt memory b = _receipt(id, 5, 3e6);
        bytes memory sigA = _signUsage(provider, hasher.hash(a));
        bytes memory sigB = _signUsage(mallory, hasher.hash(b));
        vm.expectRevert(reason);
        controller.challenge(a, sigA, b, sigB);
    }

    function test_error_unknown_channel() public {
        _refuseClaim(
            _receipt("?", 5, 0),
            provider,
            abi.encodeWithSelector(IUsageController.WrongState.selector, bytes32("?"), IUsageTypes.State.None)
        );
    }

    function _challenge(IUsageTypes.Receipt memory a, IUsageTypes.Receipt memory b) private {
        controller.challenge(a, _signUsage(provider, hasher.hash(a)), b, _signUsage(provider, hasher.hash(b)));
    }

    function _refuse(IUsageTypes.Receipt memory a, IUsageTypes.Receipt memory b, bytes memory reason) private {
        bytes memory sigA = _signUsage(provider, hasher.hash(a));
        bytes memory sigB = _signUsage(provider, hasher.hash(b));
        vm.expectRevert(reason);
        controller.challenge(a, sigA, b, sigB);
    }

    function _refuseClaim(IUsageTypes.Receipt memory r, Account memory by, bytes memory reason) private {
        bytes memory signature = _signUsage(by, hasher.hash(r));
        vm.expectRevert(reason);
        controller.challengeClaim(r, signature);
    }
}
