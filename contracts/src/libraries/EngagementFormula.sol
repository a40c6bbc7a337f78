// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IEngagementOracle} from "../interfaces/IEngagementOracle.sol";

/// @title The published formula (spec/signals.md), in whole numbers so that everybody computes the same
library EngagementFormula {
    uint256 internal constant UNIT = 1000;
    uint256 internal constant USAGE_CAP = 10_000;
    uint256 internal constant PAID_PULL = 300;
    uint256 internal constant LIKE = 200;
    uint256 internal constant HALF_LIFE_DAYS = 7;
    uint256 internal constant VALUATION_FACTOR = 344;

    function points(uint256 fee) internal pure returns (uint256) {
        return Math.min(USAGE_CAP, _log(UNIT, Math.min(fee, type(uint128).max)));
    }

    function dayPoints(IEngagementOracle.Score calldata s) internal pure returns (uint256) {
        return s.usagePoints + s.paidPulls * PAID_PULL + s.likes * LIKE + _log(1, s.pulls - s.paidPulls) / 1000;
    }

    /// @notice No inputs give such a leaf. The formula is concave, so payers have most points when each paid the same; one thousandth
    /// for each of them is what rounding may add.
    function isImpossible(IEngagementOracle.Score calldata s) internal pure returns (bool) {
        if (s.paidPulls > s.pulls) return true;
        if (s.payers == 0) return s.fee != 0 || s.usagePoints != 0;
        return s.fee < s.payers || s.usagePoints > s.payers * (points(Math.ceilDiv(s.fee, s.payers)) + 1);
    }

    /// @notice `value` after `elapsed` days: halved every 7 days, by whole steps of a day.
    function faded(uint256 value, uint256 elapsed) internal pure returns (uint256) {
        uint256 halvings = elapsed / HALF_LIFE_DAYS;
        if (halvings > 255) return 0;
        return (value >> halvings) * _millionth(elapsed % HALF_LIFE_DAYS) / 1_000_000;
    }

    /// @dev 1000 * log2(1 + amount / unit), straight between powers of two.
    function _log(uint256 unit, uint256 amount) private pure returns (uint256) {
        uint256 x = amount + unit;
        uint256 whole = Math.log2(x / unit);
        return whole * 1000 + x * 1000 / (unit << whole) - 1000;
    }

    /// @dev 10^6 * 2^(-n/7), rounded down.
    function _millionth(uint256 n) private pure returns (uint256) {
        uint256[7] memory table = [uint256(1_000_000), 905_723, 820_335, 742_997, 672_950, 609_506, 552_044];
        return table[n];
    }
}
