// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INonces} from "../src/interfaces/INonces.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {IUsageController} from "../src/interfaces/IUsageController.sol";
import {IUsageTypes} from "../src/interfaces/IUsageTypes.sol";
import {Network} from "./support/Network.sol";
import {vm} from "./support/Vm.sol";

contract WithdrawalsTest is Network {
    function setUp() public {
        _deploy(250, 1 hours);
        _mintModel();
        _claim(_openChannel(10e6), 1, 10e6);
    }

    function test_free_balance_is_withdrawn_at_once_even_when_paused() public {
        vm.prank(steward.addr);
        controller.pause();
        vm.prank(payer.addr);
        controller.withdraw(90e6, bob.addr);
        vm.assertEq(usdc.balanceOf(bob.addr), 90e6);
        vm.assertEq(controller.free(payer.addr), 0);
    }

    function test_free_balance_is_withdrawn_by_signature_once() public {
        IUsageTypes.Withdraw memory w = IUsageTypes.Withdraw(payer.addr, bob.addr, 1e6, 77, FAR);
        bytes memory signature = _signUsage(payer, hasher.hashWithdraw(w));
        controller.withdrawBySig(w, signature);
        vm.assertEq(usdc.balanceOf(bob.addr), 1e6);
        vm.expectRevert(
            abi.encodeWithSelector(INonces.NonceUsed.selector, bytes32(uint256(uint160(payer.addr))), uint64(77))
        );
        controller.withdrawBySig(w, signature);
    }

    function test_credit_is_withdrawn() public {
        vm.prank(provider.addr);
        controller.withdrawCredit(bob.addr, 1e6);
        IUsageTypes.WithdrawCredit memory w = IUsageTypes.WithdrawCredit(provider.addr, bob.addr, 6_750_000, 0, FAR);
        controller.withdrawCreditBySig(w, _signUsage(provider, hasher.hashWithdrawCredit(w)));
        vm.assertEq(usdc.balanceOf(bob.addr), 7_750_000);
        vm.assertEq(controller.credit(provider.addr), 0);
    }

    function test_a_blacklisted_provider_signs_for_another_receiver() public {
        usdc.blacklist(provider.addr);
        vm.prank(provider.addr);
        controller.withdrawCredit(bob.addr, 7_750_000);
        vm.assertEq(usdc.balanceOf(bob.addr), 7_750_000);
    }

    function test_error_more_than_there_is() public {
        vm.prank(payer.addr);
        vm.expectRevert(abi.encodeWithSelector(IUsageController.InsufficientFree.selector, payer.addr, 90e6, 90e6 + 1));
        controller.withdraw(90e6 + 1, payer.addr);
        vm.prank(provider.addr);
        vm.expectRevert(
            abi.encodeWithSelector(IUsageController.InsufficientCredit.selector, provider.addr, 7_750_000, 7_750_001)
        );
        controller.withdrawCredit(provider.addr, 7_750_001);
    }

    function test_error_bad_requests() public {
        vm.startPrank(payer.addr);
        vm.expectRevert(IUsageController.ZeroAmount.selector);
        controller.withdraw(0, payer.addr);
        vm.expectRevert(IUsageController.ZeroAddress.selector);
        controller.withdraw(1, address(0));
        vm.expectRevert(IUsageController.ZeroAmount.selector);
        controller.withdrawCredit(payer.addr, 0);
        vm.expectRevert(IUsageController.ZeroAddress.selector);
        controller.withdrawCredit(address(0), 1);
        vm.stopPrank();
    }

    function test_error_signatures_of_others_expired_or_for_the_other_kind() public {
        IUsageTypes.Withdraw memory w = IUsageTypes.Withdraw(payer.addr, mallory.addr, 1e6, 0, FAR);
        bytes memory signature = _signUsage(sessionKey, hasher.hashWithdraw(w));
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.BadSignature.selector, payer.addr));
        controller.withdrawBySig(w, signature);
        w.deadline = uint64(START - 1);
        signature = _signUsage(payer, hasher.hashWithdraw(w));
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.Expired.selector, START - 1));
        controller.withdrawBySig(w, signature);
        IUsageTypes.WithdrawCredit memory c =
            IUsageTypes.WithdrawCredit(payer.addr, mallory.addr, 1e6, 0, uint64(START - 1));
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.Expired.selector, START - 1));
        controller.withdrawCreditBySig(c, signature);
        c.deadline = FAR;
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.BadSignature.selector, payer.addr));
        controller.withdrawCreditBySig(c, signature);
    }
}
