// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @title ERC-5192
interface IERC5192 {
    /// @notice The token can never be transferred.
    event Locked(uint256 tokenId);

    /// @notice The token can be transferred. Never emitted here.
    event Unlocked(uint256 tokenId);

    /// @notice Whether the token cannot be transferred.
    function locked(uint256 tokenId) external view returns (bool);
}

/// @title Badges that are earned, cannot be sold, and nobody can hand out at will
/// @notice There is no owner. Three badges follow from the chain's own state and go to whoever it shows, whoever asks. Season
/// badges follow from a root of winners that an issuer publishes once, after the season, and that anyone can strike within
/// `window` by showing that it contradicts itself; each badge names its issuer, and readers choose whom to believe. A holder
/// may burn a badge, and nobody gets that one again.
interface IBadges is IERC721, IERC5192 {
    /// @notice `Creator`: has a share in a model's Creator ledger. `Patron`, `Host`: paid, or was paid, at least `THRESHOLD` for
    /// work. The others are won in a season.
    enum Kind {
        None,
        Creator,
        Patron,
        Host,
        SeasonCreator,
        SeasonProvider,
        SeasonModel
    }

    /// @notice One place of one season. `subject` is the model id of a `SeasonModel`, else zero.
    struct Winner {
        uint64 season;
        Kind kind;
        uint16 rank;
        address account;
        uint256 subject;
        uint256 score;
    }

    /// @notice The winners of a season in the words of one issuer.
    struct Season {
        bytes32 root;
        bytes dataCid;
        uint64 at;
        bool struck;
    }

    /// @notice What a badge is for. `evidence` is a model id, the first channel, or the subject; `issuer` is zero for proofs of the chain.
    struct Badge {
        Kind kind;
        uint16 rank;
        uint64 season;
        uint64 at;
        address issuer;
        uint256 evidence;
    }

    /// @notice A badge was awarded.
    event Awarded(
        uint256 indexed tokenId,
        address indexed account,
        Kind indexed kind,
        address issuer,
        uint64 season,
        uint16 rank,
        uint256 evidence
    );

    /// @notice Its holder gave a badge up.
    event Burned(uint256 indexed tokenId, address indexed account);

    /// @notice An issuer named the winners of a season.
    event SeasonPublished(address indexed issuer, uint64 indexed season, bytes32 root, bytes dataCid);

    /// @notice An issuer's winners of a season were shown to be false.
    event SeasonStruck(address indexed issuer, uint64 indexed season, address indexed by);

    /// @notice Badges stay where they are.
    error SoulBound(uint256 tokenId);

    /// @notice The badge exists, or its holder burned it.
    error AwardedAlready(uint256 tokenId);

    /// @notice The account has no share in the model.
    error NoCreator(uint256 modelId, address account);

    /// @notice The channels are not all of this account and role, or not in rising order.
    error ForeignChannel(bytes32 channelId, address account);

    /// @notice The channels come to less than the badge takes.
    error BelowThreshold(uint256 amount, uint256 threshold);

    /// @notice The season is not over.
    error SeasonNotOver(uint64 season);

    /// @notice The issuer named winners of this season that were not struck.
    error AlreadyPublished(address issuer, uint64 season);

    /// @notice The issuer named no valid winners of this season.
    error NotPublished(address issuer, uint64 season);

    /// @notice The winners can be contested until then.
    error ContestOpen(uint64 until);

    /// @notice The winners stand: they could be contested until then.
    error ContestOver(uint64 until);

    /// @notice The proof does not lead to the published root.
    error NotAWinner(bytes32 leaf);

    /// @notice The winners contradict neither each other nor the rules.
    error NoContradiction();

    /// @notice Only the holder may burn a badge.
    error OnlyHolder(uint256 tokenId, address caller);

    /// @notice Awards `Creator` to an account with a share in a model. Anyone may ask.
    function awardCreator(address account, uint256 modelId) external returns (uint256 tokenId);

    /// @notice Awards `Patron` or `Host` for channels that come to `THRESHOLD`, given in rising order. Anyone may ask.
    function awardUsage(Kind kind, address account, bytes32[] calldata channelIds) external returns (uint256 tokenId);

    /// @notice Names the winners of a season in the caller's name, once it is over.
    function publishSeason(uint64 season, bytes32 root, bytes calldata dataCid) external;

    /// @notice Strikes winners of which one breaks the rules, or of which two have the same place, or a better place with a lower score
    /// (for one alone, give it twice).
    function contestSeason(
        address issuer,
        uint64 season,
        Winner calldata a,
        bytes32[] calldata proofA,
        Winner calldata b,
        bytes32[] calldata proofB
    ) external;

    /// @notice Awards a place of a season after its window. Anyone may ask.
    function awardSeason(address issuer, Winner calldata winner, bytes32[] calldata proof)
        external
        returns (uint256 tokenId);

    /// @notice Gives a badge up for ever. Holder only.
    function burn(uint256 tokenId) external;

    /// @notice What a badge is for.
    function badge(uint256 tokenId) external view returns (Badge memory);

    /// @notice The winners of a season by one issuer.
    function seasonOf(address issuer, uint64 season) external view returns (Season memory);

    /// @notice µUSDC that `Patron` and `Host` take.
    function THRESHOLD() external view returns (uint256);

    /// @notice Seconds of a season; season n begins n times that after 1970-01-01.
    function SEASON_SECONDS() external view returns (uint64);

    /// @notice Places of a season that get a badge, for each kind.
    function PLACES() external view returns (uint16);

    /// @notice Seconds within which winners can be contested.
    function window() external view returns (uint64);

    /// @notice Where creators have their shares.
    function ledger() external view returns (address);

    /// @notice Where usage is paid.
    function controller() external view returns (address);
}
