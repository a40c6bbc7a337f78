// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INonces} from "./interfaces/INonces.sol";
import {SignedActions} from "./SignedActions.sol";

/// @title Nonces that are used once, in any order
abstract contract Nonces is SignedActions, INonces {
    mapping(bytes32 scope => mapping(uint256 word => uint256 bits)) private _usedNonces;

    /// @inheritdoc INonces
    function nonceUsed(bytes32 scope, uint64 nonce) public view returns (bool) {
        return _usedNonces[scope][nonce >> 8] & _bit(nonce) != 0;
    }

    function _useNonce(bytes32 scope, uint64 nonce) internal {
        if (nonceUsed(scope, nonce)) revert NonceUsed(scope, nonce);
        _usedNonces[scope][nonce >> 8] |= _bit(nonce);
    }

    function _useAccountNonce(address account, uint64 nonce) internal {
        _useNonce(bytes32(uint256(uint160(account))), nonce);
    }

    function _bit(uint64 nonce) private pure returns (uint256) {
        return 1 << (nonce & 0xff);
    }
}
