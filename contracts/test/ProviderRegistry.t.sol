// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProviderRegistry} from "../src/interfaces/IProviderRegistry.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {Network} from "./support/Network.sol";
import {vm} from "./support/Vm.sol";

contract ProviderRegistryTest is Network {
    function setUp() public {
        _deploy(250, 1 hours);
    }

    function test_a_provider_registers_and_moves() public {
        _register("http://127.0.0.1:4810", 0);
        _register("https://provider.example", 1);
        vm.assertEq(providers.provider(provider.addr).url, "https://provider.example");
        IProviderRegistry.Register memory r = IProviderRegistry.Register(provider.addr, "http://127.0.0.1:4810", 0, FAR);
        bytes memory signature = _sign(provider, address(providers), hasher.hash(r));
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.NonceTooLow.selector, 0, 2));
        providers.register(r, signature);
    }

    function test_error_bad_registrations() public {
        IProviderRegistry.Register memory r = IProviderRegistry.Register(provider.addr, "", 0, FAR);
        _refuse(r, provider, abi.encodeWithSelector(IProviderRegistry.BadUrl.selector, 0));
        r.url = string(new bytes(257));
        _refuse(r, provider, abi.encodeWithSelector(IProviderRegistry.BadUrl.selector, 257));
        r.url = "http://x";
        _refuse(r, mallory, abi.encodeWithSelector(ISignedActions.BadSignature.selector, provider.addr));
        r.deadline = uint64(START - 1);
        _refuse(r, provider, abi.encodeWithSelector(ISignedActions.Expired.selector, START - 1));
    }

    function test_stake_comes_back_after_seven_days() public {
        _stake(provider, 5e6, "a");
        _stake(provider, 2e6, "b");
        vm.assertEq(providers.provider(provider.addr).stake, 7e6);
        _unbond(provider, 3e6, 0);
        vm.warp(START + 1 days);
        _unbond(provider, 1e6, 1);
        vm.warp(START + 8 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.NotReleasable.selector, START + 8 days));
        providers.finishUnbond(provider.addr);
        vm.warp(START + 8 days);
        providers.finishUnbond(provider.addr);
        vm.assertEq(usdc.balanceOf(provider.addr), 4e6);
        vm.assertEq(providers.provider(provider.addr).stake, 3e6);
        vm.assertEq(providers.totalStake(), 3e6);
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.NotReleasable.selector, 0));
        providers.finishUnbond(provider.addr);
    }

    function test_a_blacklisted_provider_blocks_only_itself() public {
        _stake(provider, 5e6, "a");
        _stake(bob, 5e6, "b");
        _unbond(provider, 5e6, 0);
        _unbond(bob, 5e6, 0);
        usdc.blacklist(provider.addr);
        vm.warp(START + 7 days);
        vm.expectRevert("Blacklistable: account is blacklisted");
        providers.finishUnbond(provider.addr);
        providers.finishUnbond(bob.addr);
        vm.assertEq(usdc.balanceOf(bob.addr), 5e6);
    }

    function test_error_more_than_the_stake_or_nothing() public {
        _stake(provider, 5e6, "a");
        IProviderRegistry.Unbond memory u = IProviderRegistry.Unbond(provider.addr, 5e6 + 1, 0, FAR);
        bytes memory signature = _sign(provider, address(providers), hasher.hashUnbond(u));
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.InsufficientStake.selector, 5e6, 5e6 + 1));
        providers.unbond(u, signature);
        u.amount = 0;
        vm.expectRevert(IProviderRegistry.ZeroAmount.selector);
        providers.unbond(u, signature);
        vm.expectRevert(IProviderRegistry.ZeroAmount.selector);
        providers.stakeWithAuthorization(provider.addr, 0, 0, 0, 0, "");
    }

    function test_error_only_the_controller_slashes() public {
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.OnlyController.selector, address(this)));
        providers.slash(provider.addr, 1);
    }

    function _register(string memory url, uint64 nonce) private {
        IProviderRegistry.Register memory r = IProviderRegistry.Register(provider.addr, url, nonce, FAR);
        providers.register(r, _sign(provider, address(providers), hasher.hash(r)));
    }

    function _refuse(IProviderRegistry.Register memory r, Account memory by, bytes memory reason) private {
        bytes memory signature = _sign(by, address(providers), hasher.hash(r));
        vm.expectRevert(reason);
        providers.register(r, signature);
    }
}
