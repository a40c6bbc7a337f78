// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IUsageController} from "../interfaces/IUsageController.sol";

/// @title All the owner can do: terms of future channels, and stopping new money from coming in
abstract contract Stewardship is Ownable2Step, Pausable, IUsageController {
    /// @notice The protocol fee never exceeds 5 %.
    uint16 public constant MAX_FEE_BPS = 500;
    /// @notice A new protocol fee is announced this long before.
    uint64 public constant FEE_DELAY_SECONDS = 7 days;

    uint32 private constant MIN_WINDOW = 1 hours;
    uint32 private constant MAX_WINDOW = 24 hours;

    struct Fee {
        uint16 current;
        uint16 next;
        uint64 nextAt;
    }

    Fee private _fee;
    /// @inheritdoc IUsageController
    uint32 public window;
    /// @inheritdoc IUsageController
    address public treasury;

    constructor(address owner, address treasury_, uint16 feeBps_, uint32 window_) Ownable(owner) {
        _requireFee(feeBps_);
        _fee.current = feeBps_;
        _setWindow(window_);
        _setTreasury(treasury_);
    }

    /// @inheritdoc IUsageController
    function feeBps() public view returns (uint16) {
        return _fee.nextAt != 0 && _fee.nextAt <= block.timestamp ? _fee.next : _fee.current;
    }

    /// @inheritdoc IUsageController
    function scheduleFee(uint16 newFeeBps) external onlyOwner {
        _requireFee(newFeeBps);
        uint64 effectiveAt = uint64(block.timestamp) + FEE_DELAY_SECONDS;
        _fee = Fee(feeBps(), newFeeBps, effectiveAt);
        emit FeeScheduled(newFeeBps, effectiveAt);
    }

    /// @inheritdoc IUsageController
    function setWindow(uint32 newWindow) external onlyOwner {
        _setWindow(newWindow);
    }

    /// @inheritdoc IUsageController
    function setTreasury(address newTreasury) external onlyOwner {
        _setTreasury(newTreasury);
    }

    /// @inheritdoc IUsageController
    function pause() external onlyOwner {
        _pause();
    }

    /// @inheritdoc IUsageController
    function unpause() external onlyOwner {
        _unpause();
    }

    function _setWindow(uint32 newWindow) private {
        if (newWindow < MIN_WINDOW || newWindow > MAX_WINDOW) revert BadWindow(newWindow);
        window = newWindow;
        emit WindowSet(newWindow);
    }

    function _setTreasury(address newTreasury) private {
        if (newTreasury == address(0)) revert ZeroAddress();
        treasury = newTreasury;
        emit TreasurySet(newTreasury);
    }

    function _requireFee(uint16 bps) private pure {
        if (bps > MAX_FEE_BPS) revert FeeTooHigh(bps, MAX_FEE_BPS);
    }
}
