// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {IUsageController} from "../interfaces/IUsageController.sol";
import {UsageTypes} from "../libraries/UsageTypes.sol";
import {Stewardship} from "./Stewardship.sol";
import {UsageBase} from "./UsageBase.sol";

/// @title What contradictory signatures of a provider cost it
abstract contract Challenges is UsageBase, Stewardship {
    using UsageTypes for *;

    /// @notice Taken once per channel, in USDC base units.
    uint256 public constant PENALTY = 10_000_000;

    /// @inheritdoc IUsageController
    function challenge(Receipt calldata a, bytes calldata sigA, Receipt calldata b, bytes calldata sigB) external {
        bytes32 hashA = a.hash();
        bytes32 hashB = b.hash();
        if (a.channelId != b.channelId || a.seq != b.seq || hashA == hashB) revert NoContradiction(a.channelId);
        ChannelBook storage c = _requireChannel(a.channelId);
        _requireSignedByKey(c.provider, hashA, sigA);
        _requireSignedByKey(c.provider, hashB, sigB);
        (uint256 lower, uint256 higher) = (Math.min(a.spent, b.spent), Math.max(a.spent, b.spent));
        _punish(a.channelId, c, Math.min(higher - lower, Math.saturatingSub(c.claimed, lower)));
    }

    /// @inheritdoc IUsageController
    function challengeClaim(Receipt calldata r, bytes calldata signature) external {
        ChannelBook storage c = _requireChannel(r.channelId);
        if (r.seq < c.seq || r.spent >= c.claimed) revert NoContradiction(r.channelId);
        _requireSignedByKey(c.provider, r.hash(), signature);
        _punish(r.channelId, c, c.claimed - r.spent);
    }

    function _requireChannel(bytes32 id) private view returns (ChannelBook storage c) {
        c = _channels[id];
        if (c.state == State.None) revert WrongState(id, State.None);
    }

    function _punish(bytes32 id, ChannelBook storage c, uint256 overpaid) private {
        uint256 owed = Math.saturatingSub(overpaid, c.compensated);
        uint256 penalty = c.penalised ? 0 : PENALTY;
        uint256 taken = IProviderRegistry(providers).slash(c.provider, owed + penalty);
        if (taken == 0) revert NothingToSlash(id);
        uint256 compensation = Math.min(taken, owed);
        _book(c, compensation, taken - compensation);
        emit Challenged(id, c.provider, _sessions[c.session].payer, compensation, taken - compensation);
    }

    function _book(ChannelBook storage c, uint256 compensation, uint256 penalty) private {
        c.compensated += uint128(compensation);
        if (penalty != 0) c.penalised = true;
        free[_sessions[c.session].payer] += compensation;
        if (penalty != 0) credit[treasury] += penalty;
    }
}
