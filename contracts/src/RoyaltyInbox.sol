// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title Receives the ERC-2981 royalties of one model
/// @notice Royalties name no token id, so each model has its own address. Whatever arrives can only go to the RevenueLedger.
contract RoyaltyInbox {
    using SafeERC20 for IERC20;

    /// @notice The RevenueLedger, which made this contract.
    address public immutable ledger = msg.sender;

    /// @notice Only the ledger empties the inbox.
    error OnlyLedger(address caller);

    /// @notice The ledger did not take the native coin.
    error NativeTransferFailed(uint256 amount);

    receive() external payable {}

    /// @notice Sends all of an asset (zero address: the native coin) to the ledger.
    function sweep(address token) external {
        if (msg.sender != ledger) revert OnlyLedger(msg.sender);
        if (token == address(0)) return _sweepNative();
        IERC20(token).safeTransfer(ledger, IERC20(token).balanceOf(address(this)));
    }

    function _sweepNative() private {
        uint256 amount = address(this).balance;
        (bool sent,) = ledger.call{value: amount}("");
        if (!sent) revert NativeTransferFailed(amount);
    }
}
