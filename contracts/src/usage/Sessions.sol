// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IUsageController} from "../interfaces/IUsageController.sol";
import {IUSDC} from "../interfaces/IUSDC.sol";
import {UsageTypes} from "../libraries/UsageTypes.sol";
import {Stewardship} from "./Stewardship.sol";
import {UsageBase} from "./UsageBase.sol";

/// @title Deposits and sessions
abstract contract Sessions is UsageBase, Stewardship {
    using SafeERC20 for IERC20;
    using UsageTypes for *;

    /// @inheritdoc IUsageController
    function depositWithSession(
        Session calldata s,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes calldata signature
    ) external whenNotPaused returns (bytes32 sessionId) {
        sessionId = s.hash();
        if (_sessions[sessionId].payer == address(0)) _openSession(sessionId, s);
        _bookDeposit(s.payer, amount);
        IUSDC(usdc)
            .receiveWithAuthorization(s.payer, address(this), amount, validAfter, validBefore, sessionId, signature);
    }

    /// @inheritdoc IUsageController
    function openSession(Session calldata s, bytes calldata signature) external returns (bytes32 sessionId) {
        sessionId = s.hash();
        if (_sessions[sessionId].payer != address(0)) revert SessionExists(sessionId);
        _requireSignedBy(s.payer, sessionId, signature);
        _openSession(sessionId, s);
    }

    /// @inheritdoc IUsageController
    function depositFor(address payer, uint256 amount) external whenNotPaused {
        _requireAddress(payer);
        _bookDeposit(payer, amount);
        IERC20(usdc).safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IUsageController
    function revoke(bytes32 sessionId) external {
        address payer = _requireSession(sessionId).payer;
        if (msg.sender != payer) revert OnlyPayer(msg.sender, payer);
        _revoke(sessionId);
    }

    /// @inheritdoc IUsageController
    function revokeBySig(Revoke calldata r, bytes calldata signature) external {
        _requireBefore(r.deadline);
        _requireSignedBy(_requireSession(r.session).payer, r.hash(), signature);
        _revoke(r.session);
    }

    function _openSession(bytes32 sessionId, Session calldata s) private {
        _requireAddress(s.payer);
        _requireAddress(s.key);
        _requireAmount(s.cap);
        if (s.cap > type(uint128).max) revert CapTooLarge(s.cap);
        if (s.expiry <= block.timestamp) revert SessionEnded(sessionId, s.expiry, false);
        _sessions[sessionId] = SessionBook(s.payer, s.expiry, false, s.key, uint128(s.cap), 0, s.modelsRoot);
        emit SessionOpened(sessionId, s.payer, s.key, s.cap, s.expiry, s.modelsRoot);
    }

    function _bookDeposit(address payer, uint256 amount) private {
        _requireAmount(amount);
        free[payer] += amount;
        emit Deposited(payer, amount);
    }

    function _revoke(bytes32 sessionId) private {
        SessionBook storage s = _sessions[sessionId];
        if (s.revoked) revert SessionEnded(sessionId, s.expiry, true);
        s.revoked = true;
        emit SessionRevoked(sessionId);
    }
}
