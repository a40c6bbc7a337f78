// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";

/// @title EIP-712 struct hashes of the registry's messages
library RegistryTypes {
    bytes32 internal constant MINT = keccak256(
        "Mint(string repo,bytes manifestCid,bytes32 root,uint64 fileCount,address owner,address[] creators,uint16[] shares,uint16 creatorBps,uint16 creatorShareBps,uint16 royaltyBps,uint64 deadline)"
    );
    bytes32 internal constant PUBLISH = keccak256(
        "Publish(string repo,bytes manifestCid,bytes32 root,uint64 fileCount,bytes32 parent,uint64 ownerEpoch)"
    );
    bytes32 internal constant SET_TERMS = keccak256(
        "SetTerms(uint256 modelId,uint16 creatorBps,bytes32 termsHash,uint64 ownerEpoch,uint64 nonce,uint64 deadline)"
    );
    bytes32 internal constant DELEGATE =
        keccak256("Delegate(uint256 modelId,address delegate,uint64 expiry,uint64 ownerEpoch)");
    bytes32 internal constant SET_TAG =
        keccak256("SetTag(uint256 modelId,string tag,bytes32 root,uint64 ownerEpoch,uint64 nonce)");
    bytes32 internal constant DEPRECATE =
        keccak256("Deprecate(uint256 modelId,bytes32 root,string reason,bytes32 successor,uint64 ownerEpoch)");
    bytes32 internal constant RENAME = keccak256("Rename(uint256 modelId,string to,uint64 ownerEpoch,uint64 deadline)");

    function hash(IModelRegistry.Mint calldata m) internal pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                abi.encode(MINT, keccak256(bytes(m.repo)), keccak256(m.manifestCid), m.root, m.fileCount, m.owner),
                abi.encode(_hash(m.creators), _hash(m.shares)),
                abi.encode(m.creatorBps, m.creatorShareBps, m.royaltyBps, m.deadline)
            )
        );
    }

    function hash(IModelRegistry.Publish calldata p) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                PUBLISH, keccak256(bytes(p.repo)), keccak256(p.manifestCid), p.root, p.fileCount, p.parent, p.ownerEpoch
            )
        );
    }

    function hash(IModelRegistry.SetTerms calldata t) internal pure returns (bytes32) {
        return keccak256(abi.encode(SET_TERMS, t));
    }

    function hash(IModelRegistry.Delegate calldata d) internal pure returns (bytes32) {
        return keccak256(abi.encode(DELEGATE, d));
    }

    function hash(IModelRegistry.SetTag calldata t) internal pure returns (bytes32) {
        return keccak256(abi.encode(SET_TAG, t.modelId, keccak256(bytes(t.tag)), t.root, t.ownerEpoch, t.nonce));
    }

    function hash(IModelRegistry.Deprecate calldata d) internal pure returns (bytes32) {
        return
            keccak256(abi.encode(DEPRECATE, d.modelId, d.root, keccak256(bytes(d.reason)), d.successor, d.ownerEpoch));
    }

    function hash(IModelRegistry.Rename calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(RENAME, r.modelId, keccak256(bytes(r.to)), r.ownerEpoch, r.deadline));
    }

    function _hash(address[] calldata values) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(values));
    }

    function _hash(uint16[] calldata values) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(values));
    }
}
