// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ISignedActions} from "./interfaces/ISignedActions.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title What contracts share that act on signed messages
abstract contract SignedActions is EIP712, ISignedActions {
    function _requireBefore(uint64 deadline) internal view {
        if (block.timestamp > deadline) revert Expired(deadline);
    }

    function _requireSignedBy(address account, bytes32 structHash, bytes calldata signature) internal view {
        if (!Signatures.isByAccount(account, _hashTypedDataV4(structHash), signature)) revert BadSignature(account);
    }

    function _requireSignedByKey(address key, bytes32 structHash, bytes calldata signature) internal view {
        if (!Signatures.isByKey(key, _hashTypedDataV4(structHash), signature)) revert BadSignature(key);
    }
}
