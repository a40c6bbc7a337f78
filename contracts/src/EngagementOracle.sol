// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IEngagementOracle} from "./interfaces/IEngagementOracle.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IUsageController} from "./interfaces/IUsageController.sol";
import {IUsageTypes} from "./interfaces/IUsageTypes.sol";
import {EngagementFormula} from "./libraries/EngagementFormula.sol";

/// @title Daily roots of what people pulled and paid for, with a score and a valuation by formula
contract EngagementOracle is EIP712, IEngagementOracle {
    bytes32 private constant PULL_RECEIPT =
        keccak256("PullReceipt(string repo,bytes32 versionRoot,address puller,bytes32 tag,uint32 day)");

    /// @inheritdoc IEngagementOracle
    uint64 public immutable window;
    /// @inheritdoc IEngagementOracle
    address public immutable registry;
    /// @inheritdoc IEngagementOracle
    address public immutable controller;

    mapping(address poster => mapping(uint64 epoch => Post)) private _posts;
    mapping(address poster => mapping(uint256 modelId => Standing)) private _standings;

    constructor(address registry_, address controller_, uint64 window_) EIP712("DeHug Signals", "1") {
        registry = registry_;
        controller = controller_;
        window = window_;
    }

    // Posting

    /// @inheritdoc IEngagementOracle
    function post(uint64 epoch, bytes32 pulls, bytes32 usage, bytes32 scores, bytes calldata dataCid) external {
        if (block.timestamp < (uint256(epoch) + 1) * 1 days) revert EpochNotOver(epoch);
        Post storage p = _posts[msg.sender][epoch];
        if (p.at != 0 && !p.struck) revert AlreadyPosted(msg.sender, epoch);
        _posts[msg.sender][epoch] = Post(pulls, usage, scores, dataCid, uint64(block.timestamp), false);
        emit Posted(msg.sender, epoch, pulls, usage, scores, dataCid);
    }

    // Contesting

    /// @inheritdoc IEngagementOracle
    function contestUsage(address poster, uint64 epoch, Usage calldata leaf, bytes32[] calldata proof) external {
        Post storage p = _contestable(poster, epoch);
        bytes32 hash = _requireUsage(p.usage, leaf, proof);
        if (_isPossible(leaf)) revert NoContradiction(hash);
        _strike(p, poster, epoch, hash);
    }

    /// @inheritdoc IEngagementOracle
    function contestPull(address poster, uint64 epoch, PullReceipt calldata leaf, bytes32[] calldata proof) external {
        Post storage p = _contestable(poster, epoch);
        bytes32 hash = _requireIn(p.pulls, abi.encode(_hash(leaf)), proof);
        bool byOne = (leaf.puller == address(0)) != (leaf.tag == 0);
        if (leaf.day == epoch && byOne && _isAnchored(leaf)) revert NoContradiction(hash);
        _strike(p, poster, epoch, hash);
    }

    /// @inheritdoc IEngagementOracle
    function contestScore(
        address poster,
        uint64 epoch,
        Score calldata leaf,
        bytes32[] calldata proof,
        Usage[] calldata usages,
        bytes32[][] calldata proofs
    ) external {
        Post storage p = _contestable(poster, epoch);
        bytes32 hash = _requireIn(p.scores, abi.encode(leaf), proof);
        uint256 fee = _feesOf(p.usage, leaf.modelId, usages, proofs);
        if (!EngagementFormula.isImpossible(leaf) && fee <= leaf.fee) revert NoContradiction(hash);
        _strike(p, poster, epoch, hash);
    }

    // Scores

    /// @inheritdoc IEngagementOracle
    function record(address poster, uint64 epoch, Score calldata leaf, bytes32[] calldata proof) external {
        Post storage p = _valid(poster, epoch);
        if (block.timestamp < p.at + window) revert ContestOpen(p.at + window);
        _requireIn(p.scores, abi.encode(leaf), proof);
        Standing storage s = _standings[poster][leaf.modelId];
        if (s.epoch != 0 && epoch <= s.epoch) revert EpochNotNewer(epoch, s.epoch);
        uint256 gained = EngagementFormula.dayPoints(leaf);
        uint256 elapsed = epoch - s.epoch;
        s.score = EngagementFormula.faded(s.score, elapsed) + gained;
        s.fee = EngagementFormula.faded(s.fee, elapsed) + leaf.fee;
        s.epoch = epoch;
        emit Recorded(poster, leaf.modelId, epoch, gained, s.score, s.fee);
    }

    /// @inheritdoc IEngagementOracle
    function posted(address poster, uint64 epoch) external view returns (Post memory) {
        return _posts[poster][epoch];
    }

    /// @inheritdoc IEngagementOracle
    function standing(address poster, uint256 modelId) external view returns (Standing memory) {
        return _standings[poster][modelId];
    }

    /// @inheritdoc IEngagementOracle
    function score(address poster, uint256 modelId) external view returns (uint256) {
        return EngagementFormula.faded(_standings[poster][modelId].score, _daysSince(poster, modelId));
    }

    /// @inheritdoc IEngagementOracle
    function valuation(address poster, uint256 modelId) external view returns (uint256) {
        uint256 fee = EngagementFormula.faded(_standings[poster][modelId].fee, _daysSince(poster, modelId));
        return fee * EngagementFormula.VALUATION_FACTOR;
    }

    /// @inheritdoc IEngagementOracle
    function points(uint256 fee) external pure returns (uint256) {
        return EngagementFormula.points(fee);
    }

    /// @inheritdoc IEngagementOracle
    function dayPoints(Score calldata leaf) external pure returns (uint256) {
        return EngagementFormula.dayPoints(leaf);
    }

    /// @inheritdoc IEngagementOracle
    function pullDigest(PullReceipt calldata receipt) external view returns (bytes32) {
        return _hashTypedDataV4(_hash(receipt));
    }

    function _valid(address poster, uint64 epoch) private view returns (Post storage p) {
        p = _posts[poster][epoch];
        if (p.at == 0 || p.struck) revert NotPosted(poster, epoch);
    }

    function _contestable(address poster, uint64 epoch) private view returns (Post storage p) {
        p = _valid(poster, epoch);
        if (block.timestamp >= p.at + window) revert ContestOver(p.at + window);
    }

    function _strike(Post storage p, address poster, uint64 epoch, bytes32 leaf) private {
        p.struck = true;
        emit Struck(poster, epoch, msg.sender, leaf);
    }

    function _isPossible(Usage calldata u) private view returns (bool) {
        IUsageTypes.ChannelState memory c = IUsageController(controller).channel(u.channelId);
        if (c.state == IUsageTypes.State.None || c.modelId != u.modelId) return false;
        if (IUsageController(controller).session(c.session).payer != u.payer) return false;
        return u.fee != 0 && u.fee <= c.claimed * c.feeBps / 10_000;
    }

    function _isAnchored(PullReceipt calldata leaf) private view returns (bool) {
        uint256 modelId = IModelRegistry(registry).resolve(leaf.repo);
        if (modelId == 0) return false;
        try IModelRegistry(registry).version(modelId, leaf.versionRoot) returns (IModelRegistry.Version memory) {
            return true;
        } catch {
            return false;
        }
    }

    function _feesOf(bytes32 root, uint256 modelId, Usage[] calldata usages, bytes32[][] calldata proofs)
        private
        pure
        returns (uint256 fee)
    {
        bytes32 last;
        for (uint256 i = 0; i < usages.length; ++i) {
            _requireUsage(root, usages[i], proofs[i]);
            if (usages[i].channelId <= last) revert NotRising(usages[i].channelId);
            last = usages[i].channelId;
            if (usages[i].modelId == modelId) fee += usages[i].fee;
        }
    }

    function _requireUsage(bytes32 root, Usage calldata u, bytes32[] calldata proof) private pure returns (bytes32) {
        return _requireIn(root, abi.encode(u), proof);
    }

    function _requireIn(bytes32 root, bytes memory encoded, bytes32[] calldata proof)
        private
        pure
        returns (bytes32 leaf)
    {
        leaf = keccak256(bytes.concat(keccak256(encoded)));
        if (!MerkleProof.verifyCalldata(proof, root, leaf)) revert NotInRoot(leaf, root);
    }

    function _hash(PullReceipt calldata r) private pure returns (bytes32) {
        return keccak256(abi.encode(PULL_RECEIPT, keccak256(bytes(r.repo)), r.versionRoot, r.puller, r.tag, r.day));
    }

    function _daysSince(address poster, uint256 modelId) private view returns (uint256) {
        uint256 epoch = _standings[poster][modelId].epoch;
        uint256 today = block.timestamp / 1 days;
        return today > epoch ? today - epoch : 0;
    }
}
