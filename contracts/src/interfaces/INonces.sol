// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISignedActions} from "./ISignedActions.sol";

/// @title Signed messages that work once, in any order
interface INonces is ISignedActions {
    /// @notice The nonce was used before in this scope.
    error NonceUsed(bytes32 scope, uint64 nonce);

    /// @notice Whether `nonce` was used in `scope`: an address left-padded to 32 bytes, or a session id.
    function nonceUsed(bytes32 scope, uint64 nonce) external view returns (bool);
}
