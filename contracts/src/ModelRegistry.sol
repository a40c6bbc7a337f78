// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IModelNFT} from "./interfaces/IModelNFT.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IRevenueLedger} from "./interfaces/IRevenueLedger.sol";
import {RegistryTypes} from "./libraries/RegistryTypes.sol";
import {RepoKey} from "./libraries/RepoKey.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {SignedActions} from "./SignedActions.sol";

/// @title Names, models, versions
contract ModelRegistry is SignedActions, IModelRegistry {
    using RegistryTypes for *;

    /// @notice Leaves room for the largest protocol fee.
    uint16 public constant MAX_CREATOR_BPS = 9500;

    uint256 private constant MAX_CID_BYTES = 64;

    struct Stored {
        bytes32 head;
        bytes32 termsHash;
        uint64 termsNonce;
        uint64 tagNonce;
        uint32 versions;
        uint16 creatorBps;
        string repo;
    }

    /// @inheritdoc IModelRegistry
    address public immutable nft;
    /// @inheritdoc IModelRegistry
    address public immutable ledger;

    mapping(uint256 modelId => Stored) private _models;
    mapping(uint256 modelId => mapping(bytes32 root => Version)) private _versions;
    mapping(uint256 modelId => mapping(string tag => bytes32 root)) private _tags;
    mapping(uint256 modelId => mapping(uint64 ownerEpoch => mapping(address account => uint64 expiry))) private
        _delegates;
    mapping(bytes32 keyHash => uint256 modelId) private _modelOf;
    mapping(bytes32 namespaceHash => address owner) private _namespaces;
    mapping(bytes32 digest => bool) private _applied;

    constructor(address nft_, address ledger_) EIP712("DeHug Registry", "1") {
        nft = nft_;
        ledger = ledger_;
    }

    // Publishing

    /// @inheritdoc IModelRegistry
    function mint(Mint calldata m, bytes calldata signature) external returns (uint256 modelId) {
        _requireBefore(m.deadline);
        if (m.owner == address(0)) revert ZeroAddress();
        _requireCreatorBps(m.creatorBps);
        (, string memory namespace) = RepoKey.parse(m.repo);
        address signer = _claimNamespace(namespace, m.owner);
        _requireSignedBy(signer, m.hash(), signature);

        modelId = RepoKey.id(m.repo);
        _takeKey(m.repo, modelId);
        Stored storage stored = _models[modelId];
        stored.repo = m.repo;
        stored.creatorBps = m.creatorBps;
        emit ModelMinted(modelId, m.repo, m.owner, m.creatorBps, m.creatorShareBps, m.royaltyBps);
        _anchor(modelId, m.root, Version(m.manifestCid, m.fileCount, 0, signer, 0, 0, false), 0, false);
        IRevenueLedger(ledger).open(modelId, m.creators, m.shares, m.creatorShareBps);
        IModelNFT(nft).mint(m.owner, modelId, m.royaltyBps);
    }

    /// @inheritdoc IModelRegistry
    function publish(Publish calldata p, bytes calldata signature) external {
        uint256 modelId = _modelOf[keccak256(bytes(p.repo))];
        _requireEpoch(modelId, p.ownerEpoch);
        (address signer, bool delegated) = _requirePublisher(modelId, p.ownerEpoch, p.hash(), signature);
        bytes32 head = _models[modelId].head;
        if (p.parent != head) revert ParentIsNotHead(p.parent, head);
        Version memory v = Version(p.manifestCid, p.fileCount, p.parent, signer, 0, 0, false);
        _anchor(modelId, p.root, v, p.ownerEpoch, delegated);
        IModelNFT(nft).refresh(modelId);
    }

    /// @inheritdoc IModelRegistry
    function setTag(SetTag calldata t, bytes calldata signature) external {
        _requireEpoch(t.modelId, t.ownerEpoch);
        _requirePublisher(t.modelId, t.ownerEpoch, t.hash(), signature);
        Stored storage stored = _models[t.modelId];
        stored.tagNonce = _nextNonce(t.nonce, stored.tagNonce);
        if (t.root != 0) _requireVersion(t.modelId, t.root);
        _tags[t.modelId][t.tag] = t.root;
        emit TagSet(t.modelId, t.tag, t.root, t.nonce);
    }

    // Owning

    /// @inheritdoc IModelRegistry
    function setTerms(SetTerms calldata t, bytes calldata signature) external {
        _requireBefore(t.deadline);
        _requireOwner(t.modelId, t.ownerEpoch, t.hash(), signature);
        _requireCreatorBps(t.creatorBps);
        Stored storage stored = _models[t.modelId];
        stored.termsNonce = _nextNonce(t.nonce, stored.termsNonce);
        stored.creatorBps = t.creatorBps;
        stored.termsHash = t.termsHash;
        emit TermsSet(t.modelId, t.creatorBps, t.termsHash, t.nonce);
        IModelNFT(nft).refresh(t.modelId);
    }

    /// @inheritdoc IModelRegistry
    function delegate(Delegate calldata d, bytes calldata signature) external {
        _requireOwner(d.modelId, d.ownerEpoch, d.hash(), signature);
        _applyOnce(d.hash());
        _delegates[d.modelId][d.ownerEpoch][d.delegate] = d.expiry;
        emit DelegateSet(d.modelId, d.delegate, d.expiry, d.ownerEpoch);
    }

    /// @inheritdoc IModelRegistry
    function deprecate(Deprecate calldata d, bytes calldata signature) external {
        _requireOwner(d.modelId, d.ownerEpoch, d.hash(), signature);
        Version storage v = _requireVersion(d.modelId, d.root);
        if (v.deprecated) revert AlreadyDeprecated(d.root);
        if (d.successor != 0) _requireVersion(d.modelId, d.successor);
        v.deprecated = true;
        emit Deprecated(d.modelId, d.root, d.reason, d.successor);
    }

    /// @inheritdoc IModelRegistry
    function rename(Rename calldata r, bytes calldata signature) external {
        _requireBefore(r.deadline);
        address owner = _requireOwner(r.modelId, r.ownerEpoch, r.hash(), signature);
        Stored storage stored = _models[r.modelId];
        string memory from = stored.repo;
        (bytes32 fromType,) = RepoKey.parse(from);
        (bytes32 toType, string memory namespace) = RepoKey.parse(r.to);
        if (fromType != toType) revert TypeChanged(from, r.to);
        address namespaceOwner_ = _claimNamespace(namespace, owner);
        if (namespaceOwner_ != owner) revert NamespaceTaken(namespaceOwner_);
        _takeKey(r.to, r.modelId);
        stored.repo = r.to;
        emit Renamed(r.modelId, from, r.to);
        IModelNFT(nft).refresh(r.modelId);
    }

    // Reading

    /// @inheritdoc IModelRegistry
    function resolve(string calldata key) external view returns (uint256 modelId) {
        return _modelOf[keccak256(bytes(key))];
    }

    /// @inheritdoc IModelRegistry
    function model(uint256 modelId) external view returns (Model memory) {
        Stored storage stored = _requireModel(modelId);
        return Model({
            owner: IModelNFT(nft).ownerOf(modelId),
            creatorBps: stored.creatorBps,
            head: stored.head,
            versions: stored.versions,
            ownerEpoch: IModelNFT(nft).ownerEpoch(modelId),
            termsHash: stored.termsHash,
            termsNonce: stored.termsNonce,
            tagNonce: stored.tagNonce,
            repo: stored.repo
        });
    }

    /// @inheritdoc IModelRegistry
    function version(uint256 modelId, bytes32 root) external view returns (Version memory) {
        return _requireVersion(modelId, root);
    }

    /// @inheritdoc IModelRegistry
    function tagged(uint256 modelId, string calldata tag) external view returns (bytes32 root) {
        return _tags[modelId][tag];
    }

    /// @inheritdoc IModelRegistry
    function delegateExpiry(uint256 modelId, address account) external view returns (uint64) {
        return _delegates[modelId][IModelNFT(nft).ownerEpoch(modelId)][account];
    }

    /// @inheritdoc IModelRegistry
    function namespaceOwner(string calldata namespace) external view returns (address) {
        return _namespaces[keccak256(bytes(namespace))];
    }

    /// @inheritdoc IModelRegistry
    function creatorBps(uint256 modelId) external view returns (uint16) {
        return _requireModel(modelId).creatorBps;
    }

    /// @inheritdoc IModelRegistry
    function verifyFile(
        uint256 modelId,
        bytes32 root,
        string calldata path,
        uint64 size,
        bytes32 sha256Digest,
        bytes calldata cid,
        bytes32[] calldata proof
    ) external view returns (bool) {
        _requireVersion(modelId, root);
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(path, size, sha256Digest, cid))));
        return MerkleProof.verifyCalldata(proof, root, leaf);
    }

    // What must hold

    function _requireModel(uint256 modelId) private view returns (Stored storage stored) {
        stored = _models[modelId];
        if (stored.versions == 0) revert UnknownModel(modelId);
    }

    function _requireVersion(uint256 modelId, bytes32 root) private view returns (Version storage v) {
        v = _versions[modelId][root];
        if (v.index == 0) revert UnknownVersion(modelId, root);
    }

    function _requireCreatorBps(uint16 bps) private pure {
        if (bps > MAX_CREATOR_BPS) revert CreatorBpsTooHigh(bps, MAX_CREATOR_BPS);
    }

    function _requireEpoch(uint256 modelId, uint64 signedEpoch) private view {
        _requireModel(modelId);
        uint64 current = IModelNFT(nft).ownerEpoch(modelId);
        if (signedEpoch != current) revert OwnerEpochMismatch(signedEpoch, current);
    }

    function _requireOwner(uint256 modelId, uint64 epoch, bytes32 structHash, bytes calldata signature)
        private
        view
        returns (address owner)
    {
        _requireEpoch(modelId, epoch);
        owner = IModelNFT(nft).ownerOf(modelId);
        _requireSignedBy(owner, structHash, signature);
    }

    function _requirePublisher(uint256 modelId, uint64 epoch, bytes32 structHash, bytes calldata signature)
        private
        view
        returns (address signer, bool delegated)
    {
        bytes32 digest = _hashTypedDataV4(structHash);
        address owner = IModelNFT(nft).ownerOf(modelId);
        if (Signatures.isByAccount(owner, digest, signature)) return (owner, false);
        signer = Signatures.recover(digest, signature);
        if (signer == address(0) || _delegates[modelId][epoch][signer] < block.timestamp) revert BadSignature(owner);
        return (signer, true);
    }

    // What changes

    function _claimNamespace(string memory namespace, address claimant) private returns (address owner) {
        bytes32 key = keccak256(bytes(namespace));
        owner = _namespaces[key];
        if (owner != address(0)) return owner;
        _namespaces[key] = claimant;
        emit NamespaceClaimed(key, namespace, claimant);
        return claimant;
    }

    function _takeKey(string calldata key, uint256 modelId) private {
        bytes32 keyHash = keccak256(bytes(key));
        if (_modelOf[keyHash] != 0) revert RepoTaken(key, _modelOf[keyHash]);
        _modelOf[keyHash] = modelId;
    }

    function _anchor(uint256 modelId, bytes32 root, Version memory v, uint64 epoch, bool delegated) private {
        _requireManifest(root, v);
        if (_versions[modelId][root].index != 0) revert VersionExists(modelId, root);
        Stored storage stored = _models[modelId];
        v.at = uint64(block.timestamp);
        v.index = ++stored.versions;
        stored.head = root;
        _versions[modelId][root] = v;
        emit VersionPublished(modelId, root, v.parent, v.manifestCid, v.fileCount, v.publisher, epoch, delegated);
    }

    function _requireManifest(bytes32 root, Version memory v) private pure {
        uint256 cidLength = v.manifestCid.length;
        if (root == 0 || v.fileCount == 0 || cidLength == 0 || cidLength > MAX_CID_BYTES) {
            revert BadManifest(root, v.fileCount, cidLength);
        }
    }

    function _nextNonce(uint64 nonce, uint64 lowest) private pure returns (uint64) {
        if (nonce < lowest) revert NonceTooLow(nonce, lowest);
        return nonce + 1;
    }

    function _applyOnce(bytes32 structHash) private {
        if (_applied[structHash]) revert AlreadyApplied(structHash);
        _applied[structHash] = true;
    }
}
