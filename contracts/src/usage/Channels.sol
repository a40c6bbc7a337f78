// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IUsageController} from "../interfaces/IUsageController.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {UsageTypes} from "../libraries/UsageTypes.sol";
import {Stewardship} from "./Stewardship.sol";
import {UsageBase} from "./UsageBase.sol";

/// @title Opening, topping up and closing channels
abstract contract Channels is UsageBase, Stewardship {
    using SafeCast for uint256;
    using UsageTypes for *;

    /// @inheritdoc IUsageController
    function lock(Lock calldata l, bytes32[] calldata modelProof, bytes calldata signature)
        external
        whenNotPaused
        returns (bytes32 id)
    {
        _requireBefore(l.deadline);
        _requireAmount(l.add);
        SessionBook storage s = _requireSession(l.session);
        if (_hasEnded(s)) revert SessionEnded(l.session, s.expiry, s.revoked);
        _requireSignedByKey(s.key, l.hash(), signature);
        _requireModelAllowed(l, s.modelsRoot, modelProof);
        _useNonce(l.session, l.nonce);

        id = channelId(l.session, l.provider, l.modelId, l.lane);
        ChannelBook storage c = _channels[id];
        if (c.state == State.None) _openChannel(c, l, s.key);
        else if (c.state != State.Open) revert WrongState(id, c.state);
        if (c.creatorBps > l.maxCreatorBps) revert CreatorBpsAboveMaximum(c.creatorBps, l.maxCreatorBps);
        _addToChannel(c, s, l.add);
        _emitLocked(id, c, l.add);
    }

    /// @inheritdoc IUsageController
    function requestClose(bytes32 id) external {
        ChannelBook storage c = _requireOpen(id);
        SessionBook storage s = _sessions[c.session];
        if (msg.sender != s.payer && msg.sender != c.key && !_hasEnded(s)) revert CloseNotAllowed(id, msg.sender);
        _startClosing(id, c);
    }

    /// @inheritdoc IUsageController
    function requestCloseBySig(RequestClose calldata r, bytes calldata signature) external {
        _requireBefore(r.deadline);
        ChannelBook storage c = _requireOpen(r.channelId);
        bytes32 structHash = r.hash();
        if (!Signatures.isByKey(c.key, _hashTypedDataV4(structHash), signature)) {
            _requireSignedBy(_sessions[c.session].payer, structHash, signature);
        }
        _startClosing(r.channelId, c);
    }

    /// @inheritdoc IUsageController
    function finalizeClose(bytes32 id) external {
        ChannelBook storage c = _channels[id];
        if (c.state != State.Closing) revert WrongState(id, c.state);
        if (block.timestamp < c.closeAt) revert WindowOpen(id, c.closeAt);
        emit CloseFinalized(id, _close(c));
    }

    /// @dev Gives what is left back to the payer and to the session's cap.
    function _close(ChannelBook storage c) internal returns (uint128 amount) {
        amount = c.locked - c.claimed;
        SessionBook storage s = _sessions[c.session];
        c.state = State.Closed;
        s.used -= amount;
        free[s.payer] += amount;
    }

    function _openChannel(ChannelBook storage c, Lock calldata l, address key) private {
        _requireAddress(l.provider);
        c.session = l.session;
        c.modelId = l.modelId;
        c.provider = l.provider;
        c.lane = l.lane;
        c.key = key;
        c.creatorBps = IModelRegistry(registry).creatorBps(l.modelId);
        c.feeBps = feeBps();
        c.window = uint24(window);
        c.state = State.Open;
    }

    function _addToChannel(ChannelBook storage c, SessionBook storage s, uint256 add) private {
        if (add > s.cap - s.used) revert OverCap(s.cap, s.used, add);
        _takeFree(s.payer, add);
        s.used += uint128(add);
        c.locked += uint128(add);
    }

    function _emitLocked(bytes32 id, ChannelBook storage c, uint256 add) private {
        emit Locked(
            id, c.session, c.provider, c.modelId, c.lane, c.key, add, c.locked, c.creatorBps, c.feeBps, c.window
        );
    }

    function _startClosing(bytes32 id, ChannelBook storage c) private {
        c.state = State.Closing;
        c.closeAt = (block.timestamp + c.window).toUint32();
        emit CloseRequested(id, c.closeAt);
    }

    function _requireOpen(bytes32 id) private view returns (ChannelBook storage c) {
        c = _channels[id];
        if (c.state != State.Open) revert WrongState(id, c.state);
    }

    function _requireModelAllowed(Lock calldata l, bytes32 root, bytes32[] calldata proof) private pure {
        if (root == 0) return;
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(l.modelId))));
        if (!MerkleProof.verifyCalldata(proof, root, leaf)) revert ModelNotAllowed(l.session, l.modelId);
    }
}
