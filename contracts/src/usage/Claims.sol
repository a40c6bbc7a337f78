// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IRevenueLedger} from "../interfaces/IRevenueLedger.sol";
import {IUsageController} from "../interfaces/IUsageController.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {UsageTypes} from "../libraries/UsageTypes.sol";
import {Channels} from "./Channels.sol";

/// @title Claiming and releasing
/// @dev Claims never depend on USDC letting a transfer through: a freeze must not outlast a provider's close window.
abstract contract Claims is Channels {
    using SafeERC20 for IERC20;
    using UsageTypes for *;

    uint256 private constant WHOLE = 10_000;

    /// @inheritdoc IUsageController
    uint256 public revenueDue;

    /// @inheritdoc IUsageController
    function claim(ClaimRow[] calldata rows, bytes calldata batchCid) external {
        bytes32 posted = 0;
        for (uint256 i = 0; i < rows.length; ++i) {
            Claim calldata row = rows[i].claim;
            address provider = _channels[row.channelId].provider;
            SkipReason reason = _check(rows[i]);
            if (reason != SkipReason.None) {
                emit ClaimSkipped(row.channelId, provider, reason);
                continue;
            }
            _pay(row);
            posted = _announce(posted, provider, row.batchRoot, batchCid);
        }
        _forwardRevenue();
    }

    /// @inheritdoc IUsageController
    function claimAndRelease(
        ClaimRow calldata row,
        Release calldata r,
        bytes calldata releaseSig,
        bytes calldata batchCid
    ) external {
        _requireBefore(r.deadline);
        bytes32 id = row.claim.channelId;
        ChannelBook storage c = _channels[id];
        if (c.state != State.Open && c.state != State.Closing) revert WrongState(id, c.state);
        if (row.claim.spent != c.claimed) _claimOne(row, c.provider, batchCid);
        if (r.channelId != id || r.spent != c.claimed) revert ReleaseMismatch(id, r.spent, c.claimed);
        _requireSignedByKey(c.provider, r.hash(), releaseSig);
        emit Released(id, _close(c));
        _forwardRevenue();
    }

    /// @inheritdoc IUsageController
    function postBatch(bytes32 batchRoot, bytes calldata batchCid) external {
        emit BatchPosted(msg.sender, batchRoot, batchCid);
    }

    /// @inheritdoc IUsageController
    function forwardRevenue() external {
        _forwardRevenue();
    }

    function _claimOne(ClaimRow calldata row, address provider, bytes calldata batchCid) private {
        SkipReason reason = _check(row);
        if (reason != SkipReason.None) revert ClaimRefused(row.claim.channelId, reason);
        _pay(row.claim);
        emit BatchPosted(provider, row.claim.batchRoot, batchCid);
    }

    /// @dev Cheap questions first: signatures are only looked at for rows that would be paid.
    function _check(ClaimRow calldata row) private view returns (SkipReason reason) {
        ChannelBook storage c = _channels[row.claim.channelId];
        reason = _checkState(c);
        if (reason == SkipReason.None) reason = _checkTerms(c, row.claim, row.voucher);
        if (reason == SkipReason.None) reason = _checkSignatures(c, row);
    }

    function _checkState(ChannelBook storage c) private view returns (SkipReason) {
        if (c.state == State.None) return SkipReason.UnknownChannel;
        if (c.state == State.Closed) return SkipReason.ChannelClosed;
        if (c.state == State.Closing && block.timestamp >= c.closeAt) return SkipReason.WindowOver;
        return SkipReason.None;
    }

    function _checkTerms(ChannelBook storage c, Claim calldata demand, Voucher calldata voucher)
        private
        view
        returns (SkipReason)
    {
        if (voucher.channelId != demand.channelId) return SkipReason.VoucherOfOtherChannel;
        if (demand.spent <= c.claimed) return SkipReason.NothingNew;
        if (demand.seq <= c.seq) return SkipReason.SeqNotNewer;
        if (demand.spent > voucher.ceiling) return SkipReason.AboveCeiling;
        if (demand.spent > c.locked) return SkipReason.AboveLocked;
        return SkipReason.None;
    }

    function _checkSignatures(ChannelBook storage c, ClaimRow calldata row) private view returns (SkipReason) {
        bytes32 claimDigest = _hashTypedDataV4(row.claim.hash());
        if (!Signatures.isByKey(c.provider, claimDigest, row.claimSig)) return SkipReason.BadClaimSignature;
        bytes32 voucherDigest = _hashTypedDataV4(row.voucher.hash());
        if (!Signatures.isByKey(c.key, voucherDigest, row.voucherSig)) return SkipReason.BadVoucherSignature;
        return SkipReason.None;
    }

    function _pay(Claim calldata demand) private {
        ChannelBook storage c = _channels[demand.channelId];
        uint64 seqFrom = c.seq + 1;
        uint256 delta = demand.spent - c.claimed;
        c.seq = demand.seq;
        c.claimed = uint128(demand.spent);

        uint256 feeAmount = delta * c.feeBps / WHOLE;
        uint256 modelAmount = delta * c.creatorBps / WHOLE;
        uint256 providerAmount = delta - feeAmount - modelAmount;
        credit[c.provider] += providerAmount;
        if (feeAmount != 0) credit[treasury] += feeAmount;
        emit Claimed(
            demand.channelId,
            c.provider,
            c.modelId,
            demand.batchRoot,
            seqFrom,
            demand.seq,
            delta,
            providerAmount,
            modelAmount,
            feeAmount
        );
        if (modelAmount != 0) _bookRevenue(c.modelId, modelAmount);
    }

    function _bookRevenue(uint256 modelId, uint256 amount) private {
        revenueDue += amount;
        IRevenueLedger(ledger).credit(modelId, amount);
    }

    function _announce(bytes32 posted, address provider, bytes32 batchRoot, bytes calldata batchCid)
        private
        returns (bytes32 batch)
    {
        batch = keccak256(abi.encode(provider, batchRoot));
        if (batch != posted) emit BatchPosted(provider, batchRoot, batchCid);
    }

    function _forwardRevenue() private {
        uint256 amount = revenueDue;
        if (amount == 0 || !IERC20(usdc).trySafeTransfer(ledger, amount)) return;
        revenueDue = 0;
        emit RevenueForwarded(amount);
    }
}
