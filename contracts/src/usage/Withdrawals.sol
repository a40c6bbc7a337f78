// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IUsageController} from "../interfaces/IUsageController.sol";
import {UsageTypes} from "../libraries/UsageTypes.sol";
import {UsageBase} from "./UsageBase.sol";

/// @title Money going out, pulled by those it belongs to
abstract contract Withdrawals is UsageBase {
    using SafeERC20 for IERC20;
    using UsageTypes for *;

    /// @inheritdoc IUsageController
    function withdraw(uint256 amount, address to) external {
        _withdraw(msg.sender, to, amount);
    }

    /// @inheritdoc IUsageController
    function withdrawBySig(Withdraw calldata w, bytes calldata signature) external {
        _requireBefore(w.deadline);
        _requireSignedBy(w.payer, w.hash(), signature);
        _useAccountNonce(w.payer, w.nonce);
        _withdraw(w.payer, w.to, w.amount);
    }

    /// @inheritdoc IUsageController
    function withdrawCredit(address to, uint256 amount) external {
        _withdrawCredit(msg.sender, to, amount);
    }

    /// @inheritdoc IUsageController
    function withdrawCreditBySig(WithdrawCredit calldata w, bytes calldata signature) external {
        _requireBefore(w.deadline);
        _requireSignedBy(w.account, w.hash(), signature);
        _useAccountNonce(w.account, w.nonce);
        _withdrawCredit(w.account, w.to, w.amount);
    }

    function _withdraw(address payer, address to, uint256 amount) private {
        _requireAddress(to);
        _requireAmount(amount);
        _takeFree(payer, amount);
        emit Withdrawn(payer, to, amount);
        IERC20(usdc).safeTransfer(to, amount);
    }

    function _withdrawCredit(address account, address to, uint256 amount) private {
        _requireAddress(to);
        _requireAmount(amount);
        uint256 balance = credit[account];
        if (balance < amount) revert InsufficientCredit(account, balance, amount);
        credit[account] = balance - amount;
        emit CreditWithdrawn(account, to, amount);
        IERC20(usdc).safeTransfer(to, amount);
    }
}
