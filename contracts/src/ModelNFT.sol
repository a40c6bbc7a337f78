// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IModelNFT} from "./interfaces/IModelNFT.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IRevenueLedger} from "./interfaces/IRevenueLedger.sol";
import {ModelMetadata} from "./libraries/ModelMetadata.sol";

/// @title The token a model is owned by
contract ModelNFT is ERC721, IERC2981, IERC4906, IModelNFT {
    /// @notice No royalty is above 10 %.
    uint16 public constant MAX_ROYALTY_BPS = 1000;

    bytes4 private constant ERC5646_INTERFACE_ID = IModelNFT.getStateFingerprint.selector;
    bytes4 private constant ERC4906_INTERFACE_ID = 0x49064906;

    /// @inheritdoc IModelNFT
    address public immutable registry;
    /// @inheritdoc IModelNFT
    address public immutable ledger;

    /// @inheritdoc IModelNFT
    mapping(uint256 modelId => uint64) public ownerEpoch;
    /// @inheritdoc IModelNFT
    mapping(uint256 modelId => uint16) public royaltyBps;

    modifier onlyRegistry() {
        if (msg.sender != registry) revert OnlyRegistry(msg.sender);
        _;
    }

    constructor(address registry_, address ledger_) ERC721("DeHug Model", "MODEL") {
        registry = registry_;
        ledger = ledger_;
    }

    /// @inheritdoc IModelNFT
    function mint(address to, uint256 modelId, uint16 royaltyBps_) external onlyRegistry {
        if (royaltyBps_ > MAX_ROYALTY_BPS) revert RoyaltyTooHigh(royaltyBps_, MAX_ROYALTY_BPS);
        royaltyBps[modelId] = royaltyBps_;
        _mint(to, modelId);
    }

    /// @inheritdoc IModelNFT
    function refresh(uint256 modelId) external onlyRegistry {
        emit MetadataUpdate(modelId);
    }

    /// @inheritdoc IERC2981
    function royaltyInfo(uint256 modelId, uint256 salePrice) external view returns (address receiver, uint256 amount) {
        receiver = IRevenueLedger(ledger).royaltyInbox(modelId);
        amount = salePrice * royaltyBps[modelId] / 10_000;
    }

    /// @inheritdoc IModelNFT
    function getStateFingerprint(uint256 modelId) external view returns (bytes32) {
        IModelRegistry.Model memory m = IModelRegistry(registry).model(modelId);
        return
            keccak256(abi.encode(modelId, m.repo, m.head, m.versions, m.creatorBps, m.termsHash, royaltyBps[modelId]));
    }

    /// @inheritdoc ERC721
    function tokenURI(uint256 modelId) public view override returns (string memory) {
        _requireOwned(modelId);
        IModelRegistry.Model memory m = IModelRegistry(registry).model(modelId);
        bytes memory cid = IModelRegistry(registry).version(modelId, m.head).manifestCid;
        return ModelMetadata.dataUri(m, cid);
    }

    /// @inheritdoc ERC721
    function supportsInterface(bytes4 id) public view override(ERC721, IERC165) returns (bool) {
        return id == ERC4906_INTERFACE_ID || id == ERC5646_INTERFACE_ID || id == type(IERC2981).interfaceId
            || super.supportsInterface(id);
    }

    function _update(address to, uint256 modelId, address auth) internal override returns (address from) {
        from = super._update(to, modelId, auth);
        if (from != address(0)) emit OwnerEpochRaised(modelId, ++ownerEpoch[modelId]);
    }
}
