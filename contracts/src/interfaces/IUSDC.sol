// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title The part of Circle's FiatTokenV2_2 that DeHug calls
interface IUSDC is IERC20 {
    /// @notice EIP-3009: moves `value` from `from` to the caller on a signature (EOA or ERC-1271) of `from`.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) external;
}
