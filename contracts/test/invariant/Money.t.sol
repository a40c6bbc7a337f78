// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IUSDC} from "../../src/interfaces/IUSDC.sol";
import {IUsageTypes} from "../../src/interfaces/IUsageTypes.sol";
import {ProviderRegistry} from "../../src/ProviderRegistry.sol";
import {RevenueLedger} from "../../src/RevenueLedger.sol";
import {UsageController} from "../../src/UsageController.sol";
import {vm} from "../support/Vm.sol";
import {MoneyHandler} from "./MoneyHandler.sol";

/// @title What holds whatever people do
contract MoneyInvariants {
    MoneyHandler private handler;
    IUSDC private usdc;
    UsageController private controller;
    RevenueLedger private ledger;
    ProviderRegistry private providers;

    function setUp() public {
        handler = new MoneyHandler();
        address[5] memory at_ = handler.contracts();
        usdc = IUSDC(at_[0]);
        controller = UsageController(at_[1]);
        ledger = RevenueLedger(payable(at_[2]));
        providers = ProviderRegistry(at_[3]);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_every_unit_of_usdc_is_accounted_for() external view {
        _held_is_free_plus_locked_plus_credits_plus_stakes();
        _each_contract_holds_what_it_owes();
        _no_unit_is_elsewhere();
        _revenue_belongs_to_somebody_but_for_rounding();
    }

    function invariant_sessions_and_channels_keep_their_limits_and_never_go_back() external view {
        _caps_hold_and_used_is_what_channels_lock_or_spent();
        _nobody_claims_more_than_was_locked();
        vm.assertFalse(handler.wentBack());
    }

    function invariant_a_sale_moves_no_credit_and_ends_what_the_seller_signed() external view {
        vm.assertFalse(handler.saleMovedCredit());
        vm.assertFalse(handler.formerHolderSucceeded());
    }

    function _held_is_free_plus_locked_plus_credits_plus_stakes() private view {
        (uint256 free, uint256 credits, uint256 stakes) = _sums();
        uint256 held =
            usdc.balanceOf(address(controller)) + usdc.balanceOf(address(ledger)) + usdc.balanceOf(address(providers));
        vm.assertEq(held, free + _locked() + credits + ledger.totalOwed() + stakes);
    }

    function _each_contract_holds_what_it_owes() private view {
        (uint256 free, uint256 credits, uint256 stakes) = _sums();
        uint256 due = controller.revenueDue();
        vm.assertEq(usdc.balanceOf(address(controller)), free + _locked() + credits + due);
        vm.assertEq(usdc.balanceOf(address(ledger)), ledger.totalOwed() - due);
        vm.assertEq(usdc.balanceOf(address(providers)), stakes);
        vm.assertEq(providers.totalStake(), stakes);
    }

    function _no_unit_is_elsewhere() private view {
        uint256 found =
            usdc.balanceOf(address(controller)) + usdc.balanceOf(address(ledger)) + usdc.balanceOf(address(providers));
        for (uint256 i = 0; i < handler.peopleCount(); ++i) {
            found += usdc.balanceOf(_person(i));
        }
        for (uint256 i = 0; i < handler.modelCount(); ++i) {
            found += usdc.balanceOf(ledger.royaltyInbox(handler.models(i)));
        }
        vm.assertEq(found, usdc.totalSupply());
    }

    function _revenue_belongs_to_somebody_but_for_rounding() private view {
        uint256 owed = 0;
        for (uint256 i = 0; i < handler.peopleCount(); ++i) {
            owed += ledger.creditOf(_person(i));
        }
        vm.assertLe(owed, ledger.totalOwed(), "people are owed more than the ledger owes");
        uint256 rounding = handler.modelCount() * handler.peopleCount();
        vm.assertGe(owed + rounding, ledger.totalOwed(), "more than rounding belongs to nobody");
    }

    function _caps_hold_and_used_is_what_channels_lock_or_spent() private view {
        for (uint256 i = 0; i < handler.sessionCount(); ++i) {
            bytes32 id = handler.sessions(i);
            IUsageTypes.SessionState memory s = controller.session(id);
            vm.assertLe(s.used, s.cap, "a session used more than its cap");
            vm.assertEq(s.used, _used(id));
        }
    }

    function _nobody_claims_more_than_was_locked() private view {
        for (uint256 i = 0; i < handler.channelCount(); ++i) {
            IUsageTypes.ChannelState memory c = controller.channel(handler.channels(i));
            vm.assertLe(c.claimed, c.locked, "more was claimed than locked");
        }
    }

    function _sums() private view returns (uint256 free, uint256 credits, uint256 stakes) {
        for (uint256 i = 0; i < handler.peopleCount(); ++i) {
            address person = _person(i);
            free += controller.free(person);
            credits += controller.credit(person);
            stakes += providers.provider(person).stake + providers.provider(person).unbonding;
        }
    }

    function _locked() private view returns (uint256 locked) {
        for (uint256 i = 0; i < handler.channelCount(); ++i) {
            IUsageTypes.ChannelState memory c = controller.channel(handler.channels(i));
            if (c.state != IUsageTypes.State.Closed) locked += c.locked - c.claimed;
        }
    }

    function _used(bytes32 session) private view returns (uint256 used) {
        for (uint256 i = 0; i < handler.channelCount(); ++i) {
            IUsageTypes.ChannelState memory c = controller.channel(handler.channels(i));
            if (c.session == session) used += c.state == IUsageTypes.State.Closed ? c.claimed : c.locked;
        }
    }

    function _person(uint256 i) private view returns (address account) {
        (account,) = handler.people(i);
    }
}
