// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What can be wrong with a signed message
interface ISignedActions {
    /// @notice The signature's deadline has passed.
    error Expired(uint64 deadline);

    /// @notice The message is not signed by the account it must be signed by.
    error BadSignature(address expected);
}
