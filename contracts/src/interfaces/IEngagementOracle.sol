// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Daily roots of what people pulled and paid for, with a score and a valuation by formula
/// @notice No money depends on it. There is no owner: everyone may post the three Merkle roots of a UTC day, each poster only
/// in their own name, and whoever reads a score chooses whose posts to believe. A post that contradicts the chain, or itself,
/// is struck by whoever shows that within `window`; what is missing from a post is found by recomputing it (docs/signals.md).
/// Trees are OpenZeppelin's StandardMerkleTree: a leaf is keccak256(keccak256(abi.encode(struct))).
interface IEngagementOracle {
    /// @notice One person pulled one version on one day (`dehug.pull.v1`); exactly one of `puller` and `tag` is set.
    struct PullReceipt {
        string repo;
        bytes32 versionRoot;
        address puller;
        bytes32 tag;
        uint32 day;
    }

    /// @notice Protocol fees of one channel's claims of one day, in µUSDC.
    struct Usage {
        bytes32 channelId;
        uint256 modelId;
        address payer;
        uint256 fee;
    }

    /// @notice What a model has of one day. `usagePoints` is the sum of `points(fee of a payer)` over its payers.
    struct Score {
        uint256 modelId;
        uint32 pulls;
        uint32 paidPulls;
        uint32 likes;
        uint32 payers;
        uint256 fee;
        uint256 usagePoints;
    }

    /// @notice What somebody says about one day. `dataCid` is the CID of the inputs; a root without leaves is zero.
    struct Post {
        bytes32 pulls;
        bytes32 usage;
        bytes32 scores;
        bytes dataCid;
        uint64 at;
        bool struck;
    }

    /// @notice A model by one poster: `score` and `fee` as they were at the end of `epoch`, older days faded.
    struct Standing {
        uint256 score;
        uint256 fee;
        uint64 epoch;
    }

    /// @notice Roots of a day were posted.
    event Posted(
        address indexed poster, uint64 indexed epoch, bytes32 pulls, bytes32 usage, bytes32 scores, bytes dataCid
    );

    /// @notice A post was shown to be false; its poster may post this day once more.
    event Struck(address indexed poster, uint64 indexed epoch, address indexed by, bytes32 leaf);

    /// @notice A score was taken over after its window.
    event Recorded(
        address indexed poster,
        uint256 indexed modelId,
        uint64 indexed epoch,
        uint256 points,
        uint256 score,
        uint256 fee
    );

    /// @notice The day is not over yet.
    error EpochNotOver(uint64 epoch);

    /// @notice This poster has a post of this day that was not struck.
    error AlreadyPosted(address poster, uint64 epoch);

    /// @notice There is no valid post of this day.
    error NotPosted(address poster, uint64 epoch);

    /// @notice The post can be contested until then.
    error ContestOpen(uint64 until);

    /// @notice The post stands: it could be contested until then.
    error ContestOver(uint64 until);

    /// @notice The proof does not lead from the leaf to the posted root.
    error NotInRoot(bytes32 leaf, bytes32 root);

    /// @notice The leaf contradicts nothing that this contract can see.
    error NoContradiction(bytes32 leaf);

    /// @notice Usage leaves come in rising order of their channels, none twice.
    error NotRising(bytes32 channelId);

    /// @notice Days of a model are recorded in rising order.
    error EpochNotNewer(uint64 epoch, uint64 last);

    /// @notice Says the roots of a day in the caller's name, once it is over.
    function post(uint64 epoch, bytes32 pulls, bytes32 usage, bytes32 scores, bytes calldata dataCid) external;

    /// @notice Strikes a post whose usage leaf names a channel of another model or payer, or more fees than that channel ever paid.
    function contestUsage(address poster, uint64 epoch, Usage calldata leaf, bytes32[] calldata proof) external;

    /// @notice Strikes a post with a pull of another day, of nobody or of two, or of a version that was never anchored.
    function contestPull(address poster, uint64 epoch, PullReceipt calldata leaf, bytes32[] calldata proof) external;

    /// @notice Strikes a post whose score leaf cannot come from any inputs, or counts less than the usage leaves given, which are in
    /// the same post (in rising order of channels; none are needed for the first).
    function contestScore(
        address poster,
        uint64 epoch,
        Score calldata leaf,
        bytes32[] calldata proof,
        Usage[] calldata usages,
        bytes32[][] calldata proofs
    ) external;

    /// @notice Takes a score over after the window, by anyone; days of one model in rising order.
    function record(address poster, uint64 epoch, Score calldata leaf, bytes32[] calldata proof) external;

    /// @notice A post; `at` is zero where there is none.
    function posted(address poster, uint64 epoch) external view returns (Post memory);

    /// @notice A model as it was recorded last.
    function standing(address poster, uint256 modelId) external view returns (Standing memory);

    /// @notice A model's score now, in thousandths of a point: recorded days, each counting half as much every 7 days.
    function score(address poster, uint256 modelId) external view returns (uint256);

    /// @notice µUSDC: ten years of protocol fees at the present rate, which is `VALUATION_FACTOR` times the faded sum of daily fees.
    function valuation(address poster, uint256 modelId) external view returns (uint256);

    /// @notice Thousandths of a point for fees of one payer for one model on one day: log2 of 1 + fee / 1,000 µUSDC, straight between
    /// powers of two, at most `USAGE_CAP`.
    function points(uint256 fee) external pure returns (uint256);

    /// @notice Thousandths of a point of a day: usage points, 300 for a pull and 200 for a like of somebody who paid at least
    /// 1,000 µUSDC of fees before, and for all other pulls together log2 of one more than they are.
    function dayPoints(Score calldata leaf) external pure returns (uint256);

    /// @notice EIP-712 digest that a puller signs.
    function pullDigest(PullReceipt calldata receipt) external view returns (bytes32);

    /// @notice Seconds after a post within which it can be contested.
    function window() external view returns (uint64);

    /// @notice Where versions are anchored.
    function registry() external view returns (address);

    /// @notice Where usage is paid.
    function controller() external view returns (address);
}
