// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "../../src/interfaces/IModelRegistry.sol";
import {IUsageTypes} from "../../src/interfaces/IUsageTypes.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

/// @title People, their sessions, channels and models, and what was seen of them so far
abstract contract Crowd is Network {
    struct Seen {
        uint256 claimed;
        uint64 seq;
        bool closed;
    }

    Account[] public people;
    bytes32[] public sessions;
    bytes32[] public channels;
    uint256[] public models;
    mapping(bytes32 session => Account) internal _payerOf;
    mapping(bytes32 channel => Account) internal _providerOf;
    mapping(bytes32 channel => Seen) public seen;
    mapping(uint256 model => mapping(address delegate => uint64)) internal _delegatedFor;
    mapping(bytes32 channel => bool) internal _known;

    bool public wentBack;
    bool public saleMovedCredit;
    bool public formerHolderSucceeded;
    uint64 internal _nonce;

    modifier watched() {
        _;
        for (uint256 i = 0; i < channels.length; ++i) {
            _watch(channels[i]);
        }
    }

    // Looking

    function peopleCount() external view returns (uint256) {
        return people.length;
    }

    function sessionCount() external view returns (uint256) {
        return sessions.length;
    }

    function channelCount() external view returns (uint256) {
        return channels.length;
    }

    function modelCount() external view returns (uint256) {
        return models.length;
    }

    function stakeOf(address account) external view returns (uint256) {
        return providers.provider(account).stake;
    }

    function unbondingOf(address account) external view returns (uint256) {
        return providers.provider(account).unbonding;
    }

    function contracts() external view returns (address[5] memory) {
        return [address(usdc), address(controller), address(ledger), address(providers), address(registry)];
    }

    // Choosing and doing

    function _open(Account memory who, uint256 amount, uint256 cap) internal {
        IUsageTypes.Session memory s = _sessionTerms();
        s.payer = who.addr;
        s.cap = cap;
        s.salt = bytes32(uint256(_nonce++));
        if (_nonce % 4 != 0) s.expiry = FAR;
        bytes32 id = hasher.hash(s);
        usdc.mint(who.addr, amount);
        bytes memory signature = _authorization(who, address(controller), amount, id);
        controller.depositWithSession(s, amount, 0, type(uint256).max, signature);
        sessions.push(id);
        _payerOf[id] = who;
    }

    function _lockIn(bytes32 session, Account memory to, uint256 model, uint32 lane, uint256 add) internal {
        IUsageTypes.Lock memory l = _lockTerms(session, add);
        (l.provider, l.modelId, l.lane) = (to.addr, model, lane);
        bytes32 id = _lock(l);
        if (_known[id]) return;
        _known[id] = true;
        channels.push(id);
        _providerOf[id] = to;
    }

    function _rowOf(bytes32 id, uint256 spent) internal view returns (IUsageTypes.ClaimRow memory row) {
        IUsageTypes.ChannelState memory c = controller.channel(id);
        uint256 total = _bound(spent, c.claimed, c.locked + 1);
        row.claim = IUsageTypes.Claim(id, c.seq + 1 + uint64(spent % 3), total, keccak256("batch"));
        row.voucher = IUsageTypes.Voucher(id, c.seq, total, 0);
        row.claimSig = _signUsage(_providerOf[id], hasher.hashClaim(row.claim));
        row.voucherSig = _signUsage(sessionKey, hasher.hash(row.voucher));
    }

    function _damage(IUsageTypes.ClaimRow memory row, uint256 seed) internal pure {
        uint256 kind = seed % 8;
        if (kind == 0) row.claimSig[0] = ~row.claimSig[0];
        if (kind == 1) row.voucherSig = "";
        if (kind == 2) row.voucher.ceiling = type(uint256).max;
        if (kind == 3) row.claim.spent = type(uint256).max;
        if (kind == 4) row.claim.channelId = bytes32(seed);
    }

    function _try(uint256 id, Account memory by, uint64 epoch, uint256 kind) internal returns (bool) {
        bytes memory call;
        if (kind == 0) {
            IModelRegistry.SetTerms memory t = IModelRegistry.SetTerms(id, 1, 0, epoch, 1 << 60, FAR);
            call = abi.encodeCall(registry.setTerms, (t, _signRegistry(by, hasher.hash(t))));
        } else if (kind == 1) {
            IModelRegistry.Publish memory p = _publishOn(id, epoch);
            call = abi.encodeCall(registry.publish, (p, _signRegistry(by, hasher.hash(p))));
        } else if (kind == 2) {
            IModelRegistry.Delegate memory d = IModelRegistry.Delegate(id, by.addr, 1, epoch);
            call = abi.encodeCall(registry.delegate, (d, _signRegistry(by, hasher.hash(d))));
        } else {
            IModelRegistry.SetTag memory t = IModelRegistry.SetTag(id, "main", 0, epoch, 1 << 60);
            call = abi.encodeCall(registry.setTag, (t, _signRegistry(by, hasher.hash(t))));
        }
        (bool succeeded,) = address(registry).call(call);
        return succeeded;
    }

    function _publishOn(uint256 id, uint64 epoch) internal view returns (IModelRegistry.Publish memory p) {
        IModelRegistry.Model memory m = registry.model(id);
        p.repo = m.repo;
        p.manifestCid = CID;
        p.root = keccak256(abi.encode(m.head));
        p.fileCount = 1;
        p.parent = m.head;
        p.ownerEpoch = epoch;
    }

    function _revenueCredits() internal view returns (uint256[] memory credits) {
        credits = new uint256[](people.length);
        for (uint256 i = 0; i < people.length; ++i) {
            credits[i] = ledger.creditOf(people[i].addr);
        }
    }

    /// @dev Somebody with something, starting at a random person.
    function _whoHas(uint256 seed, function(address) external view returns (uint256) amountOf)
        internal
        view
        returns (address person)
    {
        for (uint256 i = 0; i < people.length; ++i) {
            person = people[addmod(seed, i, people.length)].addr;
            if (amountOf(person) != 0) return person;
        }
    }

    function _person(uint256 seed) internal view returns (Account memory) {
        return people[seed % people.length];
    }

    function _named(address account) internal view returns (Account memory) {
        for (uint256 i = 0; i < people.length; ++i) {
            if (people[i].addr == account) return people[i];
        }
        revert("nobody");
    }

    function _liveSession(uint256 seed) internal view returns (bytes32 id) {
        for (uint256 i = 0; i < sessions.length; ++i) {
            id = sessions[addmod(seed, i, sessions.length)];
            IUsageTypes.SessionState memory s = controller.session(id);
            if (!s.revoked && s.expiry > block.timestamp && s.used < s.cap) return id;
        }
    }

    function _channel(uint256 seed) internal view returns (bytes32) {
        return channels[seed % channels.length];
    }

    /// @dev A channel in a state, if there is one, starting at a random channel.
    function _channelIn(uint256 seed, IUsageTypes.State state) internal view returns (bytes32 id) {
        for (uint256 i = 0; i < channels.length; ++i) {
            id = channels[addmod(seed, i, channels.length)];
            if (controller.channel(id).state == state) return id;
        }
    }

    function _wait(uint256 until) internal {
        if (block.timestamp < until) vm.warp(until);
    }

    function _model(uint256 seed) internal view returns (uint256) {
        return models[seed % models.length];
    }

    function _watch(bytes32 id) private {
        IUsageTypes.ChannelState memory c = controller.channel(id);
        Seen memory s = seen[id];
        bool closed = c.state == IUsageTypes.State.Closed;
        if (c.claimed < s.claimed || c.seq < s.seq || (s.closed && !closed)) wentBack = true;
        if (s.closed && (c.claimed != s.claimed || c.seq != s.seq)) wentBack = true;
        seen[id] = Seen(c.claimed, c.seq, closed);
    }
}
