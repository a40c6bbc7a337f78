// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INonces} from "./INonces.sol";

/// @title What models earned, and for whom
/// @notice Two ledgers per model. Creator: authors and contributors by fixed shares, whoever holds the token; fed by their part
/// of usage fees and by ERC-2981 royalties. Holder: the rest of the model's usage revenue, credited in the block of the claim
/// to whoever holds the token then, so that a sale moves nothing already earned. Everybody pulls: one payee that cannot
/// receive never blocks another. EIP-712 domain "DeHug Revenue", "1".
interface IRevenueLedger is INonces {
    /// @notice Pays `amount` of the account's credit to `to`.
    struct Withdraw {
        address account;
        address to;
        uint256 amount;
        uint64 nonce;
        uint64 deadline;
    }

    /// @notice Gives `bps` of the Creator ledger's future from one creator to another account.
    struct ReduceShare {
        uint256 modelId;
        address from;
        address to;
        uint16 bps;
        uint64 nonce;
        uint64 deadline;
    }

    /// @notice Usage revenue arrived.
    event Credited(
        uint256 indexed modelId, uint256 amount, uint256 creatorAmount, uint256 holderAmount, address indexed holder
    );

    /// @notice USDC of a sale was swept into the model's Creator ledger.
    event RoyaltyReceived(uint256 indexed modelId, uint256 amount);

    /// @notice Another asset of a sale (zero address: the native coin) was split among the creators.
    event TokenRoyaltyReceived(uint256 indexed modelId, address indexed token, uint256 amount);

    /// @notice A creator's part of a model was moved into the account's credit.
    event Collected(uint256 indexed modelId, address indexed account, uint256 amount);

    /// @notice USDC left the ledger.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    /// @notice Another asset left the ledger.
    event TokenWithdrawn(address indexed account, address indexed token, address to, uint256 amount);

    /// @notice A creator gave away a part of their share.
    event ShareReduced(uint256 indexed modelId, address indexed from, address indexed to, uint16 bps);

    /// @notice The creators and shares of a new model.
    event SharesSet(uint256 indexed modelId, address[] creators, uint16[] shares, uint16 creatorShareBps);

    /// @notice Only the UsageController may call this.
    error OnlyController(address caller);

    /// @notice Only the ModelRegistry may call this.
    error OnlyRegistry(address caller);

    /// @notice Native coin is accepted from royalty inboxes only.
    error OnlyInbox(address sender);

    /// @notice Creators and shares must be 1 to 32 of the same count.
    error BadCreatorCount(uint256 creators, uint256 shares);

    /// @notice A creator is zero, appears twice or has no share.
    error BadCreator(address creator, uint16 share);

    /// @notice Shares must sum to 10000.
    error BadShareSum(uint256 sum);

    /// @notice The creators' part must be at most 10000.
    error CreatorShareTooHigh(uint16 creatorShareBps);

    /// @notice No such model.
    error UnknownModel(uint256 modelId);

    /// @notice The creator's share is smaller than what should leave it.
    error ShareTooSmall(address from, uint16 share, uint16 bps);

    /// @notice The account's credit is smaller than the amount.
    error InsufficientCredit(address account, uint256 credit, uint256 amount);

    /// @notice An address must not be zero.
    error ZeroAddress();

    /// @notice An amount must not be zero.
    error ZeroAmount();

    /// @notice USDC royalties are swept by `sweepRoyalty`.
    error UseSweepRoyalty();

    /// @notice Paying out the native coin failed.
    error NativeTransferFailed(address to, uint256 amount);

    /// @notice Fixes creators, shares and the creators' part at mint. ModelRegistry only.
    function open(uint256 modelId, address[] calldata creators, uint16[] calldata shares, uint16 creatorShareBps)
        external;

    /// @notice Books revenue of a claim: floor(amount × creatorShareBps / 10⁴) to the creators, the rest to the holder of now.
    /// UsageController only, which moves the USDC of all rows of a claim in one transfer.
    function credit(uint256 modelId, uint256 amount) external;

    /// @notice Sweeps the USDC of a model's royalty inbox into its Creator ledger. Anyone.
    function sweepRoyalty(uint256 modelId) external returns (uint256 amount);

    /// @notice Sweeps another asset (zero address: native coin) of a model's inbox and splits it among the creators. Anyone.
    function sweepTokenRoyalty(uint256 modelId, address token) external returns (uint256 amount);

    /// @notice Moves what a creator earned with the given models into their credit. Anyone. `withdraw` does it by itself;
    /// an account named as creator of thousands of models calls this first.
    function collect(address account, uint256[] calldata modelIds) external;

    /// @notice Pays the caller's credit out.
    function withdraw(address to, uint256 amount) external;

    /// @notice Pays an account's credit out on its signature.
    function withdrawBySig(Withdraw calldata w, bytes calldata signature) external;

    /// @notice Pays all of the caller's credit in another asset out.
    function withdrawToken(address token, address to) external returns (uint256 amount);

    /// @notice Moves a share, signed by the creator whose share shrinks. What was earned so far stays where it was earned.
    function reduceShare(ReduceShare calldata r, bytes calldata signature) external;

    /// @notice All an account can withdraw now, uncollected creator earnings included.
    function creditOf(address account) external view returns (uint256);

    /// @notice What an account can withdraw in another asset.
    function tokenCreditOf(address token, address account) external view returns (uint256);

    /// @notice What a creator earned with one model and did not collect yet.
    function uncollected(uint256 modelId, address account) external view returns (uint256);

    /// @notice Creators with a share of at least one basis point now or earlier, and the shares of now.
    function sharesOf(uint256 modelId) external view returns (address[] memory creators, uint16[] memory shares);

    /// @notice The creators' part of the model's usage revenue.
    function creatorShareBps(uint256 modelId) external view returns (uint16);

    /// @notice Everything the two ledgers of a model ever received.
    function modelTotals(uint256 modelId) external view returns (uint256 creatorTotal, uint256 holderTotal);

    /// @notice USDC this contract must hold: all credit and all uncollected creator earnings.
    function totalOwed() external view returns (uint256);

    /// @notice Where ERC-2981 royalties of a model go: a minimal clone that exists once it is first swept.
    function royaltyInbox(uint256 modelId) external view returns (address);

    /// @notice The token whose holder is credited.
    function nft() external view returns (address);

    /// @notice The registry that opens models.
    function registry() external view returns (address);

    /// @notice The controller that credits.
    function controller() external view returns (address);

    /// @notice USDC.
    function usdc() external view returns (address);
}
