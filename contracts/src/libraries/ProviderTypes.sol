// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";

/// @title EIP-712 struct hashes of the provider registry's messages
library ProviderTypes {
    bytes32 internal constant REGISTER =
        keccak256("Register(address provider,string url,uint64 nonce,uint64 deadline)");
    bytes32 internal constant UNBOND =
        keccak256("Unbond(address provider,uint256 amount,uint64 nonce,uint64 deadline)");

    function hash(IProviderRegistry.Register calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(REGISTER, r.provider, keccak256(bytes(r.url)), r.nonce, r.deadline));
    }

    function hash(IProviderRegistry.Unbond calldata u) internal pure returns (bytes32) {
        return keccak256(abi.encode(UNBOND, u));
    }
}
