// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Who signed a digest
/// @notice Both ways refuse a high s and anything but 65 bytes r‖s‖v with v 27 or 28, and neither reverts.
library Signatures {
    /// @notice Whether the raw secp256k1 key of `key` signed. Code at the address, be it a wallet or an EIP-7702 delegation,
    /// is never asked: the answer cannot change between the time a provider checks and the time it claims.
    function isByKey(address key, bytes32 digest, bytes calldata signature) internal pure returns (bool) {
        return key != address(0) && recover(digest, signature) == key;
    }

    /// @notice Whether an account signed: by its raw key, or as an ERC-1271 contract.
    function isByAccount(address account, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        if (isByKey(account, digest, signature)) return true;
        return account.code.length != 0 && SignatureChecker.isValidERC1271SignatureNow(account, digest, signature);
    }

    /// @notice The signer's address, or zero when the signature is not well formed.
    function recover(bytes32 digest, bytes calldata signature) internal pure returns (address signer) {
        (signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
    }
}
