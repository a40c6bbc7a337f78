// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRevenueLedger} from "../interfaces/IRevenueLedger.sol";

/// @title What creators earned, by shares, without a loop over creators when money arrives
/// @dev A creator's earnings are kept in ten-thousandths of a base unit, so that nothing is lost to rounding when shares change:
/// for each model the sum over its creators equals 10000 × all that its Creator ledger received.
abstract contract CreatorLedger is IRevenueLedger {
    uint256 internal constant WHOLE = 10_000;
    uint256 private constant MAX_CREATORS = 32;

    struct Totals {
        uint128 creator;
        uint128 holder;
    }

    struct Creator {
        uint16 share;
        bool listed;
        uint128 seenTotal;
        uint256 earnedParts;
        uint256 collected;
    }

    mapping(uint256 modelId => Totals) internal _totals;
    mapping(uint256 modelId => address[]) internal _creators;
    mapping(uint256 modelId => mapping(address account => Creator)) internal _creator;
    mapping(address account => uint256[] modelIds) internal _modelsOf;

    /// @inheritdoc IRevenueLedger
    function uncollected(uint256 modelId, address account) public view returns (uint256) {
        return _earnedParts(modelId, account) / WHOLE - _creator[modelId][account].collected;
    }

    /// @inheritdoc IRevenueLedger
    function sharesOf(uint256 modelId) public view returns (address[] memory creators, uint16[] memory shares) {
        creators = _creators[modelId];
        shares = new uint16[](creators.length);
        for (uint256 i = 0; i < creators.length; ++i) {
            shares[i] = _creator[modelId][creators[i]].share;
        }
    }

    /// @inheritdoc IRevenueLedger
    function modelTotals(uint256 modelId) external view returns (uint256 creatorTotal, uint256 holderTotal) {
        Totals storage totals = _totals[modelId];
        return (totals.creator, totals.holder);
    }

    function _setShares(uint256 modelId, address[] calldata creators, uint16[] calldata shares) internal {
        if (creators.length == 0 || creators.length != shares.length || creators.length > MAX_CREATORS) {
            revert BadCreatorCount(creators.length, shares.length);
        }
        uint256 sum = 0;
        for (uint256 i = 0; i < creators.length; ++i) {
            _addCreator(modelId, creators[i], shares[i]);
            sum += shares[i];
        }
        if (sum != WHOLE) revert BadShareSum(sum);
    }

    function _addCreator(uint256 modelId, address account, uint16 share) private {
        Creator storage creator = _creator[modelId][account];
        if (account == address(0) || share == 0 || creator.listed) revert BadCreator(account, share);
        creator.share = share;
        _list(modelId, account);
    }

    function _moveShare(uint256 modelId, address from, address to, uint16 bps) internal {
        uint16 share = _creator[modelId][from].share;
        if (bps == 0 || share < bps) revert ShareTooSmall(from, share, bps);
        _settle(modelId, from);
        _settle(modelId, to);
        _list(modelId, to);
        _creator[modelId][from].share -= bps;
        _creator[modelId][to].share += bps;
    }

    function _list(uint256 modelId, address account) private {
        Creator storage creator = _creator[modelId][account];
        if (creator.listed) return;
        address[] storage creators = _creators[modelId];
        if (creators.length == MAX_CREATORS) revert BadCreatorCount(MAX_CREATORS + 1, MAX_CREATORS + 1);
        creator.listed = true;
        creators.push(account);
        _modelsOf[account].push(modelId);
    }

    function _settle(uint256 modelId, address account) private {
        Creator storage creator = _creator[modelId][account];
        creator.earnedParts = _earnedParts(modelId, account);
        creator.seenTotal = _totals[modelId].creator;
    }

    /// @dev Marks everything a creator earned with a model as collected and says how much that is.
    function _take(uint256 modelId, address account) internal returns (uint256 amount) {
        amount = uncollected(modelId, account);
        _creator[modelId][account].collected += amount;
    }

    function _earnedParts(uint256 modelId, address account) private view returns (uint256) {
        Creator storage creator = _creator[modelId][account];
        return creator.earnedParts + uint256(_totals[modelId].creator - creator.seenTotal) * creator.share;
    }
}
