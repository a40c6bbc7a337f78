// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What is signed for the payment protocol, and what the contract keeps
/// @notice The structs are EIP-712 types of the domain "DeHug Usage", "1".
interface IUsageTypes {
    /// @notice Spending power for `key`. `modelsRoot` is zero (all models) or the root of an OpenZeppelin StandardMerkleTree
    /// over `(uint256 modelId)`. Its struct hash is the session id.
    struct Session {
        address payer;
        address key;
        uint256 cap;
        uint64 expiry;
        bytes32 modelsRoot;
        bytes32 salt;
    }

    /// @notice Moves `add` of the payer's free balance into a channel. Signed by the session key.
    struct Lock {
        bytes32 session;
        address provider;
        uint256 modelId;
        uint32 lane;
        uint256 add;
        uint16 maxCreatorBps;
        uint64 nonce;
        uint64 deadline;
    }

    /// @notice The session key's word that up to `ceiling` in total may be spent on the channel.
    struct Voucher {
        bytes32 channelId;
        uint64 n;
        uint256 ceiling;
        bytes32 context;
    }

    /// @notice The provider's word on one job; `spent` is the channel's running total. Times in unix milliseconds.
    struct Receipt {
        bytes32 channelId;
        uint64 seq;
        bytes32 jobId;
        bytes32 context;
        uint8 status;
        uint64 unitsIn;
        uint64 unitsOut;
        uint64 unitsMs;
        uint256 fee;
        uint256 spent;
        bytes32 answerHash;
        bytes32 versionRoot;
        bytes32 engine;
        uint64 startedAt;
        uint64 finishedAt;
    }

    /// @notice The provider's demand: everything up to `seq` adds up to `spent`, itemised in the batch with `batchRoot`.
    struct Claim {
        bytes32 channelId;
        uint64 seq;
        uint256 spent;
        bytes32 batchRoot;
    }

    /// @notice A claim, the voucher that covers it, and both signatures.
    struct ClaimRow {
        Claim claim;
        bytes claimSig;
        Voucher voucher;
        bytes voucherSig;
    }

    /// @notice The provider gives back all above `spent`, and the channel is closed. It signs this once it serves the channel no
    /// more: until the deadline anyone may send it.
    struct Release {
        bytes32 channelId;
        uint256 spent;
        uint64 deadline;
    }

    /// @notice The payer or the session key asks to close.
    struct RequestClose {
        bytes32 channelId;
        uint64 deadline;
    }

    /// @notice The payer ends a session.
    struct Revoke {
        bytes32 session;
        uint64 deadline;
    }

    /// @notice Pays `amount` of the free balance to `to`.
    struct Withdraw {
        address payer;
        address to;
        uint256 amount;
        uint64 nonce;
        uint64 deadline;
    }

    /// @notice Pays `amount` of earned credit to `to`.
    struct WithdrawCredit {
        address account;
        address to;
        uint256 amount;
        uint64 nonce;
        uint64 deadline;
    }

    /// @notice A session as it is now. `used` is what its channels lock or spent.
    struct SessionState {
        address payer;
        address key;
        uint256 cap;
        uint256 used;
        uint64 expiry;
        bool revoked;
        bytes32 modelsRoot;
    }

    /// @notice A channel never leaves Closed, and its id is never used again.
    enum State {
        None,
        Open,
        Closing,
        Closed
    }

    /// @notice A channel as it is now. `key`, `creatorBps`, `feeBps` and `window` (seconds) are those of when it was opened.
    struct ChannelState {
        bytes32 session;
        address provider;
        uint256 modelId;
        uint32 lane;
        address key;
        uint256 locked;
        uint256 claimed;
        uint64 seq;
        uint16 creatorBps;
        uint16 feeBps;
        uint32 window;
        State state;
        uint64 closeAt;
    }

    /// @notice Why a row of a claim was skipped.
    enum SkipReason {
        None,
        UnknownChannel,
        ChannelClosed,
        WindowOver,
        VoucherOfOtherChannel,
        NothingNew,
        SeqNotNewer,
        AboveCeiling,
        AboveLocked,
        BadClaimSignature,
        BadVoucherSignature
    }
}
