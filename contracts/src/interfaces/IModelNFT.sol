// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @title The token a model is owned by
/// @notice ERC-721 with ERC-2981 royalties in favour of the creators, ERC-4906 refresh events and the ERC-5646 fingerprint.
/// The token id is the model id: uint256(keccak256("type:namespace/name")). The holder earns the Holder ledger of
/// `RevenueLedger` and alone may sign for the model; every transfer raises `ownerEpoch`, which ends what was signed before.
interface IModelNFT is IERC721 {
    /// @notice The token changed hands: signatures and delegations that name a lower epoch are void.
    event OwnerEpochRaised(uint256 indexed modelId, uint64 ownerEpoch);

    /// @notice Only the ModelRegistry may call this.
    error OnlyRegistry(address caller);

    /// @notice The royalty is above the fixed maximum.
    error RoyaltyTooHigh(uint16 royaltyBps, uint16 maximum);

    /// @notice Mints the model's token. ModelRegistry only, once per model id.
    function mint(address to, uint256 modelId, uint16 royaltyBps) external;

    /// @notice Tells marketplaces (ERC-4906) to read the token's metadata again. ModelRegistry only.
    function refresh(uint256 modelId) external;

    /// @notice How many times the token was transferred.
    function ownerEpoch(uint256 modelId) external view returns (uint64);

    /// @notice The royalty in basis points of the sale price, fixed at mint.
    function royaltyBps(uint256 modelId) external view returns (uint16);

    /// @notice ERC-5646: changes whenever something changes that a buyer would care about: name, head, versions, terms.
    function getStateFingerprint(uint256 modelId) external view returns (bytes32);

    /// @notice The registry that mints.
    function registry() external view returns (address);

    /// @notice The ledger whose per-model inbox receives royalties.
    function ledger() external view returns (address);
}
