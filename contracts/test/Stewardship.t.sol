// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IUsageController} from "../src/interfaces/IUsageController.sol";
import {ProviderRegistry} from "../src/ProviderRegistry.sol";
import {UsageController} from "../src/UsageController.sol";
import {Network} from "./support/Network.sol";
import {vm} from "./support/Vm.sol";

contract StewardshipTest is Network {
    function setUp() public {
        _deploy(250, 1 hours);
    }

    function test_a_fee_is_announced_seven_days_before() public {
        vm.prank(steward.addr);
        controller.scheduleFee(500);
        vm.warp(START + 7 days - 1);
        vm.assertEq(controller.feeBps(), 250);
        vm.warp(START + 7 days);
        vm.assertEq(controller.feeBps(), 500);
    }

    function test_a_later_announcement_replaces_the_first() public {
        vm.startPrank(steward.addr);
        controller.scheduleFee(500);
        controller.scheduleFee(0);
        vm.warp(START + 8 days);
        vm.assertEq(controller.feeBps(), 0);
        controller.scheduleFee(100);
        vm.stopPrank();
        vm.assertEq(controller.feeBps(), 0);
    }

    function test_error_limits() public {
        vm.startPrank(steward.addr);
        vm.expectRevert(abi.encodeWithSelector(IUsageController.FeeTooHigh.selector, 501, 500));
        controller.scheduleFee(501);
        vm.expectRevert(abi.encodeWithSelector(IUsageController.BadWindow.selector, 1 hours - 1));
        controller.setWindow(1 hours - 1);
        vm.expectRevert(abi.encodeWithSelector(IUsageController.BadWindow.selector, 24 hours + 1));
        controller.setWindow(24 hours + 1);
        vm.expectRevert(IUsageController.ZeroAddress.selector);
        controller.setTreasury(address(0));
        vm.stopPrank();
    }

    function test_error_only_the_owner() public {
        bytes memory reason = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(this));
        vm.expectRevert(reason);
        controller.scheduleFee(1);
        vm.expectRevert(reason);
        controller.setWindow(2 hours);
        vm.expectRevert(reason);
        controller.setTreasury(address(this));
        vm.expectRevert(reason);
        controller.pause();
        vm.expectRevert(reason);
        controller.unpause();
    }

    function test_a_new_treasury_gets_later_fees_only() public {
        _mintModel();
        bytes32 id = _openChannel(2e6);
        _claim(id, 1, 1e6);
        vm.prank(steward.addr);
        controller.setTreasury(bob.addr);
        _claim(id, 2, 2e6);
        vm.assertEq(controller.credit(treasury.addr), 25_000);
        vm.assertEq(controller.credit(bob.addr), 25_000);
    }

    function test_error_contracts_that_do_not_know_each_other() public {
        ProviderRegistry other = new ProviderRegistry(address(usdc), address(controller));
        vm.expectRevert(abi.encodeWithSelector(IUsageController.WrongWiring.selector, address(ledger)));
        new UsageController(
            address(usdc), address(registry), address(ledger), address(other), steward.addr, treasury.addr, 250, 1 hours
        );
    }
}
