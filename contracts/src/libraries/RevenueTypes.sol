// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRevenueLedger} from "../interfaces/IRevenueLedger.sol";

/// @title EIP-712 struct hashes of the revenue ledger's messages
library RevenueTypes {
    bytes32 internal constant WITHDRAW =
        keccak256("Withdraw(address account,address to,uint256 amount,uint64 nonce,uint64 deadline)");
    bytes32 internal constant REDUCE_SHARE =
        keccak256("ReduceShare(uint256 modelId,address from,address to,uint16 bps,uint64 nonce,uint64 deadline)");

    function hash(IRevenueLedger.Withdraw calldata w) internal pure returns (bytes32) {
        return keccak256(abi.encode(WITHDRAW, w));
    }

    function hash(IRevenueLedger.ReduceShare calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(REDUCE_SHARE, r));
    }
}
