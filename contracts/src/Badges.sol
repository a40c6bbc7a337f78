// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IBadges, IERC5192} from "./interfaces/IBadges.sol";
import {IRevenueLedger} from "./interfaces/IRevenueLedger.sol";
import {IUsageController} from "./interfaces/IUsageController.sol";
import {IUsageTypes} from "./interfaces/IUsageTypes.sol";
import {BadgeMetadata} from "./libraries/BadgeMetadata.sol";

/// @title Badges that are earned, cannot be sold, and nobody can hand out at will
contract Badges is ERC721, IBadges {
    /// @inheritdoc IBadges
    uint256 public constant THRESHOLD = 1_000_000;
    /// @inheritdoc IBadges
    uint64 public constant SEASON_SECONDS = 28 days;
    /// @inheritdoc IBadges
    uint16 public constant PLACES = 10;

    /// @inheritdoc IBadges
    uint64 public immutable window;
    /// @inheritdoc IBadges
    address public immutable ledger;
    /// @inheritdoc IBadges
    address public immutable controller;

    mapping(uint256 tokenId => Badge) private _badges;
    mapping(address issuer => mapping(uint64 season => Season)) private _seasons;

    constructor(address ledger_, address controller_, uint64 window_) ERC721("DeHug Badge", "BADGE") {
        ledger = ledger_;
        controller = controller_;
        window = window_;
    }

    // Badges that the chain proves

    /// @inheritdoc IBadges
    function awardCreator(address account, uint256 modelId) external returns (uint256) {
        if (!_hasShare(account, modelId)) revert NoCreator(modelId, account);
        return _award(account, _idOf(Kind.Creator, account), Badge(Kind.Creator, 0, 0, 0, address(0), modelId));
    }

    /// @inheritdoc IBadges
    function awardUsage(Kind kind, address account, bytes32[] calldata channelIds) external returns (uint256) {
        uint256 sum;
        bytes32 last;
        for (uint256 i = 0; i < channelIds.length; ++i) {
            bytes32 id = channelIds[i];
            (address owner, uint256 claimed) = _usage(kind, id);
            if (id <= last || owner != account) revert ForeignChannel(id, account);
            (last, sum) = (id, sum + claimed);
        }
        if (sum < THRESHOLD) revert BelowThreshold(sum, THRESHOLD);
        return _award(account, _idOf(kind, account), Badge(kind, 0, 0, 0, address(0), uint256(channelIds[0])));
    }

    // Seasons

    /// @inheritdoc IBadges
    function publishSeason(uint64 season, bytes32 root, bytes calldata dataCid) external {
        if (block.timestamp < (uint256(season) + 1) * SEASON_SECONDS) revert SeasonNotOver(season);
        Season storage s = _seasons[msg.sender][season];
        if (s.at != 0 && !s.struck) revert AlreadyPublished(msg.sender, season);
        _seasons[msg.sender][season] = Season(root, dataCid, uint64(block.timestamp), false);
        emit SeasonPublished(msg.sender, season, root, dataCid);
    }

    /// @inheritdoc IBadges
    function contestSeason(
        address issuer,
        uint64 season,
        Winner calldata a,
        bytes32[] calldata proofA,
        Winner calldata b,
        bytes32[] calldata proofB
    ) external {
        Season storage s = _published(issuer, season);
        if (block.timestamp >= s.at + window) revert ContestOver(s.at + window);
        bytes32 leafA = _requireWinner(s.root, a, proofA);
        bytes32 leafB = _requireWinner(s.root, b, proofB);
        bool contradict = leafA != leafB && a.kind == b.kind
            && (a.rank == b.rank
                || (a.rank < b.rank && a.score < b.score)
                || (a.account == b.account && a.subject == b.subject));
        if (_isLawful(a, season) && !contradict) revert NoContradiction();
        s.struck = true;
        emit SeasonStruck(issuer, season, msg.sender);
    }

    /// @inheritdoc IBadges
    function awardSeason(address issuer, Winner calldata w, bytes32[] calldata proof) external returns (uint256) {
        Season storage s = _published(issuer, w.season);
        if (block.timestamp < s.at + window) revert ContestOpen(s.at + window);
        bytes32 leaf = _requireWinner(s.root, w, proof);
        if (!_isLawful(w, w.season)) revert NotAWinner(leaf);
        uint256 tokenId = uint256(keccak256(abi.encode(issuer, w.season, w.kind, w.rank)));
        return _award(w.account, tokenId, Badge(w.kind, w.rank, w.season, 0, issuer, w.subject));
    }

    // Holding

    /// @inheritdoc IBadges
    function burn(uint256 tokenId) external {
        if (_requireOwned(tokenId) != msg.sender) revert OnlyHolder(tokenId, msg.sender);
        _burn(tokenId);
        emit Burned(tokenId, msg.sender);
    }

    /// @inheritdoc IERC5192
    function locked(uint256 tokenId) external view returns (bool) {
        _requireOwned(tokenId);
        return true;
    }

    /// @inheritdoc IBadges
    function badge(uint256 tokenId) external view returns (Badge memory) {
        return _badges[tokenId];
    }

    /// @inheritdoc IBadges
    function seasonOf(address issuer, uint64 season) external view returns (Season memory) {
        return _seasons[issuer][season];
    }

    /// @inheritdoc ERC721
    function tokenURI(uint256 tokenId) public view override returns (string memory) {
        _requireOwned(tokenId);
        return BadgeMetadata.dataUri(_badges[tokenId]);
    }

    /// @inheritdoc ERC721
    function supportsInterface(bytes4 id) public view override(ERC721, IERC165) returns (bool) {
        return id == type(IERC5192).interfaceId || super.supportsInterface(id);
    }

    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        from = super._update(to, tokenId, auth);
        if (from != address(0) && to != address(0)) revert SoulBound(tokenId);
    }

    /// @dev `at` stays after burning, so that a badge is awarded once.
    function _award(address account, uint256 tokenId, Badge memory b) private returns (uint256) {
        if (_badges[tokenId].at != 0) revert AwardedAlready(tokenId);
        b.at = uint64(block.timestamp);
        _badges[tokenId] = b;
        _mint(account, tokenId);
        emit Locked(tokenId);
        emit Awarded(tokenId, account, b.kind, b.issuer, b.season, b.rank, b.evidence);
        return tokenId;
    }

    function _published(address issuer, uint64 season) private view returns (Season storage s) {
        s = _seasons[issuer][season];
        if (s.at == 0 || s.struck) revert NotPublished(issuer, season);
    }

    function _hasShare(address account, uint256 modelId) private view returns (bool) {
        (address[] memory creators, uint16[] memory shares) = IRevenueLedger(ledger).sharesOf(modelId);
        for (uint256 i = 0; i < creators.length; ++i) {
            if (creators[i] == account && shares[i] != 0) return true;
        }
        return false;
    }

    /// @dev Whose channel it is in that role, and what it came to; kinds that are not for usage belong to nobody.
    function _usage(Kind kind, bytes32 id) private view returns (address owner, uint256 claimed) {
        IUsageTypes.ChannelState memory c = IUsageController(controller).channel(id);
        if (kind == Kind.Host) owner = c.provider;
        if (kind == Kind.Patron) owner = IUsageController(controller).session(c.session).payer;
        claimed = c.claimed;
    }

    /// @dev A place of this season's, of a kind that is won, that somebody has.
    function _isLawful(Winner calldata w, uint64 season) private pure returns (bool) {
        if (w.season != season || w.account == address(0) || w.rank == 0 || w.rank > PLACES) return false;
        return w.kind >= Kind.SeasonCreator && (w.subject != 0) == (w.kind == Kind.SeasonModel);
    }

    function _requireWinner(bytes32 root, Winner calldata w, bytes32[] calldata proof)
        private
        pure
        returns (bytes32 leaf)
    {
        leaf = keccak256(bytes.concat(keccak256(abi.encode(w))));
        if (!MerkleProof.verifyCalldata(proof, root, leaf)) revert NotAWinner(leaf);
    }

    function _idOf(Kind kind, address account) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(kind, account)));
    }
}
