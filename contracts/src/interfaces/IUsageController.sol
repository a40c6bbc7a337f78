// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INonces} from "./INonces.sol";
import {IUsageTypes} from "./IUsageTypes.sol";

/// @title Balances, sessions, channels, claims: how inference is paid
/// @notice Payment protocol v1. EIP-712 domain "DeHug Usage", "1". A payer deposits USDC and opens a session: a key, a cap, an
/// expiry and a list of models. The session key locks small amounts for one provider and model (a channel) and signs one
/// voucher with a cumulative ceiling per request; the provider signs receipts and claims what was spent. Session keys and
/// providers sign by raw secp256k1 (never ERC-1271, never code at their address); payers by EOA or ERC-1271.
/// USDC held = Σfree + Σ(locked − claimed) + Σcredit + revenueDue.
interface IUsageController is INonces, IUsageTypes {
    /// @notice A payer's free balance grew by a deposit.
    event Deposited(address indexed payer, uint256 amount);

    /// @notice A session is open.
    event SessionOpened(
        bytes32 indexed session,
        address indexed payer,
        address indexed key,
        uint256 cap,
        uint64 expiry,
        bytes32 modelsRoot
    );

    /// @notice A session can lock no more, and anyone may close its channels.
    event SessionRevoked(bytes32 indexed session);

    /// @notice A channel was opened or topped up by `add`; `locked` is its total.
    event Locked(
        bytes32 indexed channelId,
        bytes32 indexed session,
        address indexed provider,
        uint256 modelId,
        uint32 lane,
        address key,
        uint256 add,
        uint256 locked,
        uint16 creatorBps,
        uint16 feeBps,
        uint32 window
    );

    /// @notice Receipts `seqFrom` to `seqTo` of a channel were paid. The three amounts sum to `delta`.
    event Claimed(
        bytes32 indexed channelId,
        address indexed provider,
        uint256 indexed modelId,
        bytes32 batchRoot,
        uint64 seqFrom,
        uint64 seqTo,
        uint256 delta,
        uint256 providerAmount,
        uint256 modelAmount,
        uint256 feeAmount
    );

    /// @notice A row was not paid; the other rows were not affected.
    event ClaimSkipped(bytes32 indexed channelId, address indexed provider, SkipReason reason);

    /// @notice Where the receipts of a batch can be read. Whoever reads them checks them against the root.
    event BatchPosted(address indexed provider, bytes32 indexed batchRoot, bytes batchCid);

    /// @notice The provider closed the channel; `amount` went back to the payer.
    event Released(bytes32 indexed channelId, uint256 amount);

    /// @notice The provider can claim until `closeAt`.
    event CloseRequested(bytes32 indexed channelId, uint64 closeAt);

    /// @notice The channel closed; `amount` went back to the payer.
    event CloseFinalized(bytes32 indexed channelId, uint256 amount);

    /// @notice Free balance was paid out.
    event Withdrawn(address indexed payer, address indexed to, uint256 amount);

    /// @notice Earned credit was paid out.
    event CreditWithdrawn(address indexed account, address indexed to, uint256 amount);

    /// @notice Contradictory signatures cost a provider `compensation` (to the payer) and `penalty` (to the protocol).
    event Challenged(
        bytes32 indexed channelId,
        address indexed provider,
        address indexed payer,
        uint256 compensation,
        uint256 penalty
    );

    /// @notice The models' part of claims moved to the RevenueLedger.
    event RevenueForwarded(uint256 amount);

    /// @notice Channels opened from `effectiveAt` on pay this protocol fee.
    event FeeScheduled(uint16 feeBps, uint64 effectiveAt);

    /// @notice Channels opened from now on have this close window.
    event WindowSet(uint32 window);

    /// @notice Protocol fees and penalties are credited to this account from now on.
    event TreasurySet(address treasury);

    /// @notice The contracts given at construction do not know each other.
    error WrongWiring(address contractAddress);

    /// @notice An amount must not be zero.
    error ZeroAmount();

    /// @notice An address must not be zero.
    error ZeroAddress();

    /// @notice A cap has at most 128 bits.
    error CapTooLarge(uint256 cap);

    /// @notice The session was opened before.
    error SessionExists(bytes32 session);

    /// @notice No such session.
    error UnknownSession(bytes32 session);

    /// @notice The session is revoked or expired.
    error SessionEnded(bytes32 session, uint64 expiry, bool revoked);

    /// @notice Only the session's payer may do this.
    error OnlyPayer(address caller, address payer);

    /// @notice The session does not allow this model.
    error ModelNotAllowed(bytes32 session, uint256 modelId);

    /// @notice The lock would exceed the session's cap.
    error OverCap(uint256 cap, uint256 used, uint256 add);

    /// @notice The free balance is smaller than the amount.
    error InsufficientFree(address payer, uint256 free, uint256 amount);

    /// @notice The credit is smaller than the amount.
    error InsufficientCredit(address account, uint256 credit, uint256 amount);

    /// @notice The creator's part is above what the payer accepts.
    error CreatorBpsAboveMaximum(uint16 creatorBps, uint16 maximum);

    /// @notice The channel is not in a state that allows this.
    error WrongState(bytes32 channelId, State state);

    /// @notice Only payer or session key may close while the session lives.
    error CloseNotAllowed(bytes32 channelId, address caller);

    /// @notice The provider may still claim.
    error WindowOpen(bytes32 channelId, uint64 closeAt);

    /// @notice The single claim of a `claimAndRelease` cannot be paid.
    error ClaimRefused(bytes32 channelId, SkipReason reason);

    /// @notice Claim and release are not about the same channel and total.
    error ReleaseMismatch(bytes32 channelId, uint256 released, uint256 claimed);

    /// @notice The two receipts are one, or not about the same channel and number, or do not contradict the claim.
    error NoContradiction(bytes32 channelId);

    /// @notice The channel's payer was compensated and the penalty paid already, or the provider has no stake left.
    error NothingToSlash(bytes32 channelId);

    /// @notice The protocol fee is above the fixed maximum.
    error FeeTooHigh(uint16 feeBps, uint16 maximum);

    /// @notice A window is 1 to 24 hours.
    error BadWindow(uint32 window);

    /// @notice One signature deposits and opens: USDC `receiveWithAuthorization` whose nonce is the session id, so that it
    /// commits to all terms of the session.
    function depositWithSession(
        Session calldata s,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes calldata signature
    ) external returns (bytes32 sessionId);

    /// @notice Opens a session over the payer's free balance, signed by the payer.
    function openSession(Session calldata s, bytes calldata signature) external returns (bytes32 sessionId);

    /// @notice Deposits the caller's USDC for a payer.
    function depositFor(address payer, uint256 amount) external;

    /// @notice Opens or tops up a channel. `modelProof` is empty when the session allows all models.
    function lock(Lock calldata l, bytes32[] calldata modelProof, bytes calldata signature)
        external
        returns (bytes32 channelId);

    /// @notice Pays providers. A bad row is skipped with its reason and never stops the others. Anyone may send it; each row is
    /// signed by its provider. `batchCid` says where the batch can be read.
    function claim(ClaimRow[] calldata rows, bytes calldata batchCid) external;

    /// @notice Pays the provider, gives the rest back to the payer at once and closes. When `row.claim.spent` equals what is
    /// claimed already, nothing is claimed and the row's signatures are not looked at.
    function claimAndRelease(
        ClaimRow calldata row,
        Release calldata r,
        bytes calldata releaseSig,
        bytes calldata batchCid
    ) external;

    /// @notice Says (again) where the caller's batch can be read, should whoever sent the claim have said it wrongly.
    function postBatch(bytes32 batchRoot, bytes calldata batchCid) external;

    /// @notice Starts the close window. Payer or session key; anyone once the session is revoked or expired.
    function requestClose(bytes32 channelId) external;

    /// @notice Starts the close window on a signature of the session key or the payer.
    function requestCloseBySig(RequestClose calldata r, bytes calldata signature) external;

    /// @notice Gives back what was not claimed in the window. Anyone.
    function finalizeClose(bytes32 channelId) external;

    /// @notice Two different receipts with one number: the payer gets back, from the stake, what was claimed above the lower
    /// one (at most their difference), and a penalty is taken once per channel. Compensation never exceeds what the provider
    /// really claimed and the penalty goes to the protocol, so that slashing oneself is no way around unbonding.
    function challenge(Receipt calldata a, bytes calldata sigA, Receipt calldata b, bytes calldata sigB) external;

    /// @notice A receipt not older than the last claim with a lower total: the payer gets the difference back from the stake.
    function challengeClaim(Receipt calldata r, bytes calldata signature) external;

    /// @notice Ends a session. Its payer only. Vouchers given out before stay good for what is locked.
    function revoke(bytes32 sessionId) external;

    /// @notice Ends a session on the payer's signature.
    function revokeBySig(Revoke calldata r, bytes calldata signature) external;

    /// @notice Pays the caller's free balance out, at once.
    function withdraw(uint256 amount, address to) external;

    /// @notice Pays a free balance out on the payer's signature.
    function withdrawBySig(Withdraw calldata w, bytes calldata signature) external;

    /// @notice Pays the caller's credit out.
    function withdrawCredit(address to, uint256 amount) external;

    /// @notice Pays credit out on the account's signature.
    function withdrawCreditBySig(WithdrawCredit calldata w, bytes calldata signature) external;

    /// @notice Moves what models earned to the RevenueLedger, should USDC have refused during the claim. Anyone.
    function forwardRevenue() external;

    /// @notice A payer's balance that is not locked.
    function free(address payer) external view returns (uint256);

    /// @notice What a provider (or the treasury) earned and did not withdraw.
    function credit(address account) external view returns (uint256);

    /// @notice The session; all zero when unknown.
    function session(bytes32 id) external view returns (SessionState memory);

    /// @notice The channel; all zero when unknown.
    function channel(bytes32 id) external view returns (ChannelState memory);

    /// @notice keccak256(abi.encode(chainId, this contract, session, provider, modelId, lane)).
    function channelId(bytes32 sessionId, address provider, uint256 modelId, uint32 lane)
        external
        view
        returns (bytes32);

    /// @notice Models' part of claims that could not be forwarded yet.
    function revenueDue() external view returns (uint256);

    /// @notice The protocol fee of channels opened now.
    function feeBps() external view returns (uint16);

    /// @notice The close window, in seconds, of channels opened now.
    function window() external view returns (uint32);

    /// @notice Who is credited with protocol fees.
    function treasury() external view returns (address);

    /// @notice Announces another protocol fee, for channels opened in 7 days or later. Owner only.
    function scheduleFee(uint16 newFeeBps) external;

    /// @notice Sets the close window of future channels. Owner only.
    function setWindow(uint32 newWindow) external;

    /// @notice Sets who is credited with future protocol fees. Owner only.
    function setTreasury(address newTreasury) external;

    /// @notice Stops deposits and locks and nothing else. Owner only.
    function pause() external;

    /// @notice Allows deposits and locks again. Owner only.
    function unpause() external;

    /// @notice USDC.
    function usdc() external view returns (address);

    /// @notice The model registry.
    function registry() external view returns (address);

    /// @notice The revenue ledger.
    function ledger() external view returns (address);

    /// @notice The provider registry.
    function providers() external view returns (address);
}
