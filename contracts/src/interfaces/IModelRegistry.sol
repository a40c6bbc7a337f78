// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISignedActions} from "./ISignedActions.sol";

/// @title Names, models, versions
/// @notice Everything is done by EIP-712 signature (domain "DeHug Registry", "1"), so anyone may relay. Accounts sign as EOA
/// or ERC-1271 contract; delegates are EOAs.
interface IModelRegistry is ISignedActions {
    /// @notice The first publish. `repo` is the key `type:namespace/name` in lower case; `shares` (basis points of the Creator
    /// ledger) sum to 10000; `creatorBps` is the model's part of each usage fee, `creatorShareBps` the creators' part of that.
    struct Mint {
        string repo;
        bytes manifestCid;
        bytes32 root;
        uint64 fileCount;
        address owner;
        address[] creators;
        uint16[] shares;
        uint16 creatorBps;
        uint16 creatorShareBps;
        uint16 royaltyBps;
        uint64 deadline;
    }

    /// @notice A further version: becomes the head if `parent` is the head now.
    struct Publish {
        string repo;
        bytes manifestCid;
        bytes32 root;
        uint64 fileCount;
        bytes32 parent;
        uint64 ownerEpoch;
    }

    /// @notice New price terms for channels opened from now on.
    struct SetTerms {
        uint256 modelId;
        uint16 creatorBps;
        bytes32 termsHash;
        uint64 ownerEpoch;
        uint64 nonce;
        uint64 deadline;
    }

    /// @notice Lets `delegate` publish and tag until `expiry`; an expiry in the past takes that back.
    struct Delegate {
        uint256 modelId;
        address delegate;
        uint64 expiry;
        uint64 ownerEpoch;
    }

    /// @notice Moves a tag to a version (zero removes it).
    struct SetTag {
        uint256 modelId;
        string tag;
        bytes32 root;
        uint64 ownerEpoch;
        uint64 nonce;
    }

    /// @notice Leaves a tombstone on a version; `successor` is another version of the model or zero.
    struct Deprecate {
        uint256 modelId;
        bytes32 root;
        string reason;
        bytes32 successor;
        uint64 ownerEpoch;
    }

    /// @notice Gives the model a further name; earlier ones keep resolving to it for ever.
    struct Rename {
        uint256 modelId;
        string to;
        uint64 ownerEpoch;
        uint64 deadline;
    }

    /// @notice A model as it is now. `repo` is the current key; `termsNonce` and `tagNonce` are the lowest acceptable next ones.
    struct Model {
        address owner;
        uint16 creatorBps;
        bytes32 head;
        uint64 versions;
        uint64 ownerEpoch;
        bytes32 termsHash;
        uint64 termsNonce;
        uint64 tagNonce;
        string repo;
    }

    /// @notice An anchored manifest. `index` counts from 1 in order of publication.
    struct Version {
        bytes manifestCid;
        uint64 fileCount;
        bytes32 parent;
        address publisher;
        uint64 at;
        uint32 index;
        bool deprecated;
    }

    /// @notice A namespace got its owner: the first to publish in it.
    event NamespaceClaimed(bytes32 indexed namespaceHash, string namespace, address indexed owner);

    /// @notice A model was minted.
    event ModelMinted(
        uint256 indexed modelId,
        string repo,
        address indexed owner,
        uint16 creatorBps,
        uint16 creatorShareBps,
        uint16 royaltyBps
    );

    /// @notice A version was anchored and is the head. `delegated` says the signer was not the owner of the model or,
    /// for the first version, of the namespace.
    event VersionPublished(
        uint256 indexed modelId,
        bytes32 indexed root,
        bytes32 parent,
        bytes manifestCid,
        uint64 fileCount,
        address indexed publisher,
        uint64 ownerEpoch,
        bool delegated
    );

    /// @notice Terms for new channels.
    event TermsSet(uint256 indexed modelId, uint16 creatorBps, bytes32 termsHash, uint64 nonce);

    /// @notice A tag points at `root` (zero: removed).
    event TagSet(uint256 indexed modelId, string tag, bytes32 root, uint64 nonce);

    /// @notice A version has a tombstone. It stays readable.
    event Deprecated(uint256 indexed modelId, bytes32 indexed root, string reason, bytes32 successor);

    /// @notice The model is now called `to`; `from` redirects.
    event Renamed(uint256 indexed modelId, string from, string to);

    /// @notice A delegate may publish until `expiry`, as long as the model does not change hands.
    event DelegateSet(uint256 indexed modelId, address indexed delegate, uint64 expiry, uint64 ownerEpoch);

    /// @notice The key is not `type:namespace/name` of a known type in lower-case ASCII letters, digits, `.`, `_` and `-`.
    error BadRepoKey(string key);

    /// @notice The key was used before, perhaps by a model that was renamed since; keys are never reissued.
    error RepoTaken(string key, uint256 modelId);

    /// @notice A rename must keep the repository's type.
    error TypeChanged(string from, string to);

    /// @notice The namespace belongs to somebody else.
    error NamespaceTaken(address owner);

    /// @notice No model was minted with this id.
    error UnknownModel(uint256 modelId);

    /// @notice No version with this root was anchored for the model.
    error UnknownVersion(uint256 modelId, bytes32 root);

    /// @notice The root is anchored already.
    error VersionExists(uint256 modelId, bytes32 root);

    /// @notice Somebody published first: read the new head, rebase and sign again.
    error ParentIsNotHead(bytes32 parent, bytes32 head);

    /// @notice The model changed hands since the message was signed.
    error OwnerEpochMismatch(uint64 signed, uint64 current);

    /// @notice A later message of this kind was applied already.
    error NonceTooLow(uint64 nonce, uint64 lowest);

    /// @notice This very message was applied already.
    error AlreadyApplied(bytes32 digest);

    /// @notice The version has a tombstone already.
    error AlreadyDeprecated(bytes32 root);

    /// @notice The model's part of the fee is above the maximum.
    error CreatorBpsTooHigh(uint16 creatorBps, uint16 maximum);

    /// @notice A root must not be zero, a manifest has at least one file and its CID 1 to 64 bytes.
    error BadManifest(bytes32 root, uint64 fileCount, uint256 cidLength);

    /// @notice An address must not be zero.
    error ZeroAddress();

    /// @notice Mints the model's token to `m.owner` and anchors version 1. Signed by the namespace's owner, or by `m.owner` when
    /// nobody owns the namespace yet, who owns it from then on.
    function mint(Mint calldata m, bytes calldata signature) external returns (uint256 modelId);

    /// @notice Anchors the next version. Signed by the token's owner or a delegate.
    function publish(Publish calldata p, bytes calldata signature) external;

    /// @notice Changes the terms of channels opened from now on. Signed by the token's owner; nonces rise.
    function setTerms(SetTerms calldata t, bytes calldata signature) external;

    /// @notice Names or dismisses a delegate. Signed by the token's owner.
    function delegate(Delegate calldata d, bytes calldata signature) external;

    /// @notice Moves a tag. Signed by the token's owner or a delegate; nonces rise.
    function setTag(SetTag calldata t, bytes calldata signature) external;

    /// @notice Leaves a tombstone. Signed by the token's owner.
    function deprecate(Deprecate calldata d, bytes calldata signature) external;

    /// @notice Renames within a namespace of the token's owner. Signed by the token's owner.
    function rename(Rename calldata r, bytes calldata signature) external;

    /// @notice The model that has or had this key, or zero.
    function resolve(string calldata key) external view returns (uint256 modelId);

    /// @notice The model now.
    function model(uint256 modelId) external view returns (Model memory);

    /// @notice An anchored version.
    function version(uint256 modelId, bytes32 root) external view returns (Version memory);

    /// @notice The root a tag points at, or zero.
    function tagged(uint256 modelId, string calldata tag) external view returns (bytes32 root);

    /// @notice Until when `account` may publish under the current owner.
    function delegateExpiry(uint256 modelId, address account) external view returns (uint64);

    /// @notice The owner of a namespace, or zero.
    function namespaceOwner(string calldata namespace) external view returns (address);

    /// @notice The model's part of each usage fee of channels opened now.
    function creatorBps(uint256 modelId) external view returns (uint16);

    /// @notice Whether a file belongs to an anchored version (OpenZeppelin StandardMerkleTree over
    /// `(string path,uint64 size,bytes32 sha256,bytes cid)`).
    function verifyFile(
        uint256 modelId,
        bytes32 root,
        string calldata path,
        uint64 size,
        bytes32 sha256Digest,
        bytes calldata cid,
        bytes32[] calldata proof
    ) external view returns (bool);

    /// @notice The token contract.
    function nft() external view returns (address);

    /// @notice The revenue ledger.
    function ledger() external view returns (address);
}
