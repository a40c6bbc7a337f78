// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IUsageTypes} from "../interfaces/IUsageTypes.sol";

/// @title EIP-712 struct hashes of payment protocol v1
/// @notice All members are static, so abi.encode of the struct is the EIP-712 encoding.
library UsageTypes {
    bytes32 internal constant SESSION =
        keccak256("Session(address payer,address key,uint256 cap,uint64 expiry,bytes32 modelsRoot,bytes32 salt)");
    bytes32 internal constant LOCK = keccak256(
        "Lock(bytes32 session,address provider,uint256 modelId,uint32 lane,uint256 add,uint16 maxCreatorBps,uint64 nonce,uint64 deadline)"
    );
    bytes32 internal constant VOUCHER =
        keccak256("Voucher(bytes32 channelId,uint64 n,uint256 ceiling,bytes32 context)");
    bytes32 internal constant RECEIPT = keccak256(
        "Receipt(bytes32 channelId,uint64 seq,bytes32 jobId,bytes32 context,uint8 status,uint64 unitsIn,uint64 unitsOut,uint64 unitsMs,uint256 fee,uint256 spent,bytes32 answerHash,bytes32 versionRoot,bytes32 engine,uint64 startedAt,uint64 finishedAt)"
    );
    bytes32 internal constant CLAIM = keccak256("Claim(bytes32 channelId,uint64 seq,uint256 spent,bytes32 batchRoot)");
    bytes32 internal constant RELEASE = keccak256("Release(bytes32 channelId,uint256 spent,uint64 deadline)");
    bytes32 internal constant REQUEST_CLOSE = keccak256("RequestClose(bytes32 channelId,uint64 deadline)");
    bytes32 internal constant REVOKE = keccak256("Revoke(bytes32 session,uint64 deadline)");
    bytes32 internal constant WITHDRAW =
        keccak256("Withdraw(address payer,address to,uint256 amount,uint64 nonce,uint64 deadline)");
    bytes32 internal constant WITHDRAW_CREDIT =
        keccak256("WithdrawCredit(address account,address to,uint256 amount,uint64 nonce,uint64 deadline)");

    function hash(IUsageTypes.Session calldata s) internal pure returns (bytes32) {
        return keccak256(abi.encode(SESSION, s));
    }

    function hash(IUsageTypes.Lock calldata l) internal pure returns (bytes32) {
        return keccak256(abi.encode(LOCK, l));
    }

    function hash(IUsageTypes.Voucher calldata v) internal pure returns (bytes32) {
        return keccak256(abi.encode(VOUCHER, v));
    }

    function hash(IUsageTypes.Receipt calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(RECEIPT, r));
    }

    function hash(IUsageTypes.Claim calldata c) internal pure returns (bytes32) {
        return keccak256(abi.encode(CLAIM, c));
    }

    function hash(IUsageTypes.Release calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(RELEASE, r));
    }

    function hash(IUsageTypes.RequestClose calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(REQUEST_CLOSE, r));
    }

    function hash(IUsageTypes.Revoke calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(REVOKE, r));
    }

    function hash(IUsageTypes.Withdraw calldata w) internal pure returns (bytes32) {
        return keccak256(abi.encode(WITHDRAW, w));
    }

    function hash(IUsageTypes.WithdrawCredit calldata w) internal pure returns (bytes32) {
        return keccak256(abi.encode(WITHDRAW_CREDIT, w));
    }
}
