// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IUsageController} from "../interfaces/IUsageController.sol";
import {Nonces} from "../Nonces.sol";

/// @title What the parts of the UsageController share: its books
abstract contract UsageBase is Nonces, IUsageController {
    struct SessionBook {
        address payer;
        uint64 expiry;
        bool revoked;
        address key;
        uint128 cap;
        uint128 used;
        bytes32 modelsRoot;
    }

    struct ChannelBook {
        bytes32 session;
        uint256 modelId;
        address provider;
        uint32 lane;
        uint64 seq;
        address key;
        uint16 creatorBps;
        uint16 feeBps;
        uint24 window;
        State state;
        uint32 closeAt;
        uint128 locked;
        uint128 claimed;
        uint128 compensated;
        bool penalised;
    }

    /// @inheritdoc IUsageController
    address public immutable usdc;
    /// @inheritdoc IUsageController
    address public immutable registry;
    /// @inheritdoc IUsageController
    address public immutable ledger;
    /// @inheritdoc IUsageController
    address public immutable providers;

    /// @inheritdoc IUsageController
    mapping(address payer => uint256) public free;
    /// @inheritdoc IUsageController
    mapping(address account => uint256) public credit;

    mapping(bytes32 sessionId => SessionBook) internal _sessions;
    mapping(bytes32 channelId => ChannelBook) internal _channels;

    constructor(address usdc_, address registry_, address ledger_, address providers_) {
        usdc = usdc_;
        registry = registry_;
        ledger = ledger_;
        providers = providers_;
    }

    /// @inheritdoc IUsageController
    function session(bytes32 id) external view returns (SessionState memory) {
        SessionBook storage s = _sessions[id];
        return SessionState(s.payer, s.key, s.cap, s.used, s.expiry, s.revoked, s.modelsRoot);
    }

    /// @inheritdoc IUsageController
    function channel(bytes32 id) external view returns (ChannelState memory) {
        ChannelBook storage c = _channels[id];
        return ChannelState({
            session: c.session,
            provider: c.provider,
            modelId: c.modelId,
            lane: c.lane,
            key: c.key,
            locked: c.locked,
            claimed: c.claimed,
            seq: c.seq,
            creatorBps: c.creatorBps,
            feeBps: c.feeBps,
            window: c.window,
            state: c.state,
            closeAt: c.closeAt
        });
    }

    /// @inheritdoc IUsageController
    function channelId(bytes32 sessionId, address provider, uint256 modelId, uint32 lane)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), sessionId, provider, modelId, lane));
    }

    function _requireSession(bytes32 id) internal view returns (SessionBook storage s) {
        s = _sessions[id];
        if (s.payer == address(0)) revert UnknownSession(id);
    }

    function _hasEnded(SessionBook storage s) internal view returns (bool) {
        return s.revoked || s.expiry <= block.timestamp;
    }

    function _takeFree(address payer, uint256 amount) internal {
        uint256 balance = free[payer];
        if (balance < amount) revert InsufficientFree(payer, balance, amount);
        free[payer] = balance - amount;
    }

    function _requireAmount(uint256 amount) internal pure {
        if (amount == 0) revert ZeroAmount();
    }

    function _requireAddress(address account) internal pure {
        if (account == address(0)) revert ZeroAddress();
    }
}
