// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "../../src/interfaces/IModelRegistry.sol";
import {IProviderRegistry} from "../../src/interfaces/IProviderRegistry.sol";
import {IRevenueLedger} from "../../src/interfaces/IRevenueLedger.sol";
import {IUsageTypes} from "../../src/interfaces/IUsageTypes.sol";
import {ProviderTypes} from "../../src/libraries/ProviderTypes.sol";
import {RegistryTypes} from "../../src/libraries/RegistryTypes.sol";
import {RepoKey} from "../../src/libraries/RepoKey.sol";
import {RevenueTypes} from "../../src/libraries/RevenueTypes.sol";
import {UsageTypes} from "../../src/libraries/UsageTypes.sol";

/// @title The contracts' own struct hashes, callable with structs in memory
contract Hasher {
    function hash(IUsageTypes.Session calldata s) external pure returns (bytes32) {
        return UsageTypes.hash(s);
    }

    function hash(IUsageTypes.Lock calldata l) external pure returns (bytes32) {
        return UsageTypes.hash(l);
    }

    function hash(IUsageTypes.Voucher calldata v) external pure returns (bytes32) {
        return UsageTypes.hash(v);
    }

    function hash(IUsageTypes.Receipt calldata r) external pure returns (bytes32) {
        return UsageTypes.hash(r);
    }

    function hashClaim(IUsageTypes.Claim calldata c) external pure returns (bytes32) {
        return UsageTypes.hash(c);
    }

    function hashRelease(IUsageTypes.Release calldata r) external pure returns (bytes32) {
        return UsageTypes.hash(r);
    }

    function hashRequestClose(IUsageTypes.RequestClose calldata r) external pure returns (bytes32) {
        return UsageTypes.hash(r);
    }

    function hashRevoke(IUsageTypes.Revoke calldata r) external pure returns (bytes32) {
        return UsageTypes.hash(r);
    }

    function hashWithdraw(IUsageTypes.Withdraw calldata w) external pure returns (bytes32) {
        return UsageTypes.hash(w);
    }

    function hashWithdrawCredit(IUsageTypes.WithdrawCredit calldata w) external pure returns (bytes32) {
        return UsageTypes.hash(w);
    }

    function hashRevenueWithdraw(IRevenueLedger.Withdraw calldata w) external pure returns (bytes32) {
        return RevenueTypes.hash(w);
    }

    function hash(IRevenueLedger.ReduceShare calldata r) external pure returns (bytes32) {
        return RevenueTypes.hash(r);
    }

    function hash(IModelRegistry.Mint calldata m) external pure returns (bytes32) {
        return RegistryTypes.hash(m);
    }

    function hash(IModelRegistry.Publish calldata p) external pure returns (bytes32) {
        return RegistryTypes.hash(p);
    }

    function hash(IModelRegistry.SetTerms calldata t) external pure returns (bytes32) {
        return RegistryTypes.hash(t);
    }

    function hash(IModelRegistry.Delegate calldata d) external pure returns (bytes32) {
        return RegistryTypes.hash(d);
    }

    function hash(IModelRegistry.SetTag calldata t) external pure returns (bytes32) {
        return RegistryTypes.hash(t);
    }

    function hash(IModelRegistry.Deprecate calldata d) external pure returns (bytes32) {
        return RegistryTypes.hash(d);
    }

    function hash(IModelRegistry.Rename calldata r) external pure returns (bytes32) {
        return RegistryTypes.hash(r);
    }

    function hash(IProviderRegistry.Register calldata r) external pure returns (bytes32) {
        return ProviderTypes.hash(r);
    }

    function hashUnbond(IProviderRegistry.Unbond calldata u) external pure returns (bytes32) {
        return ProviderTypes.hash(u);
    }

    function parseRepoKey(string calldata key) external pure returns (bytes32 repoType, string memory namespace) {
        return RepoKey.parse(key);
    }
}
