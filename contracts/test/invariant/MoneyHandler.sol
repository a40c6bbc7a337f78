// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "../../src/interfaces/IModelRegistry.sol";
import {IRevenueLedger} from "../../src/interfaces/IRevenueLedger.sol";
import {IUsageTypes} from "../../src/interfaces/IUsageTypes.sol";
import {Crowd} from "./Crowd.sol";
import {vm} from "../support/Vm.sol";

/// @title Everything people do with money, in any order and with any numbers
/// @dev Ghosts remember what may never go back; a call that reverts leaves no trace.
contract MoneyHandler is Crowd {
    uint256 private constant MAX_SESSIONS = 12;
    uint256 private constant MAX_MODELS = 4;

    constructor() {
        _deploy(250, 1 hours);
        Account[8] memory all = [alice, bob, carol, dave, mallory, payer, provider, treasury];
        for (uint256 i = 0; i < all.length; ++i) {
            people.push(all[i]);
        }
        _mintModel();
        models.push(modelId);
        _stake(provider, 50e6, "first");
        _stake(mallory, 50e6, "first");
        _open(payer, 80e6, 60e6);
        _open(bob, 80e6, 60e6);
        _lockIn(sessions[0], provider, modelId, 0, 10e6);
    }

    // Coming in

    function open(uint256 who, uint256 amount, uint256 cap) external watched {
        if (sessions.length == MAX_SESSIONS) return;
        _open(_person(who), _bound(amount, 1, 100e6), _bound(cap, 1, 200e6));
    }

    function depositFor(uint256 from, uint256 who, uint256 amount) external watched {
        amount = _bound(amount, 1, 50e6);
        address giver = _person(from).addr;
        usdc.mint(giver, amount);
        vm.prank(giver);
        usdc.approve(address(controller), amount);
        vm.prank(giver);
        controller.depositFor(_person(who).addr, amount);
    }

    function lock(uint256 session, uint256 who, uint256 model, uint32 lane, uint256 add) external watched {
        _lockIn(_liveSession(session), _person(who), _model(model), lane % 8, _bound(add, 1, 20e6));
    }

    function stake(uint256 who, uint256 amount) external watched {
        _stake(_person(who), _bound(amount, 1, 20e6), bytes32(uint256(_nonce++)));
    }

    // Paying

    function claim(uint256[3] calldata which, uint256[3] calldata spent, uint256 damage) external watched {
        IUsageTypes.ClaimRow[] memory rows = new IUsageTypes.ClaimRow[](3);
        for (uint256 i = 0; i < 3; ++i) {
            rows[i] = _rowOf(_channel(which[i]), spent[i]);
        }
        _damage(rows[damage % 3], damage >> 8);
        controller.claim(rows, CID);
    }

    function claimAndRelease(uint256 which, uint256 spent) external watched {
        bytes32 id = _channel(which);
        IUsageTypes.ClaimRow memory row = _rowOf(id, spent);
        if (spent % 3 == 0) row.claim.spent = controller.channel(id).claimed;
        IUsageTypes.Release memory r = IUsageTypes.Release(id, row.claim.spent, FAR);
        controller.claimAndRelease(row, r, _signUsage(_providerOf[id], hasher.hashRelease(r)), CID);
    }

    function requestClose(uint256 which, uint256 who) external watched {
        bytes32 id = _channelIn(which, IUsageTypes.State.Open);
        address payerOf = controller.session(controller.channel(id).session).payer;
        vm.prank(who % 4 == 0 ? _person(who).addr : payerOf);
        controller.requestClose(id);
    }

    function finalizeClose(uint256 which) external watched {
        bytes32 id = _channelIn(which, IUsageTypes.State.Closing);
        if (which % 4 != 0) _wait(controller.channel(id).closeAt);
        controller.finalizeClose(id);
    }

    function revoke(uint256 which) external watched {
        if (which % 4 != 0) return;
        bytes32 session = _liveSession(which);
        vm.prank(_payerOf[session].addr);
        controller.revoke(session);
    }

    function challenge(uint256 which, uint64 seq, uint256 spentA, uint256 spentB) external watched {
        bytes32 id = _channel(which);
        seq = uint64(_bound(seq, 0, 20));
        IUsageTypes.Receipt memory a = _receipt(id, seq, _bound(spentA, 0, 20e6));
        IUsageTypes.Receipt memory b = _receipt(id, seq, _bound(spentB, 0, 20e6));
        Account memory by = _providerOf[id];
        controller.challenge(a, _signUsage(by, hasher.hash(a)), b, _signUsage(by, hasher.hash(b)));
    }

    function challengeClaim(uint256 which, uint64 ahead, uint256 spent) external watched {
        bytes32 id = _channel(which);
        uint64 seq = controller.channel(id).seq + ahead % 3;
        IUsageTypes.Receipt memory r = _receipt(id, seq, _bound(spent, 0, 20e6));
        controller.challengeClaim(r, _signUsage(_providerOf[id], hasher.hash(r)));
    }

    // Going out

    function withdraw(uint256 who, uint256 to, uint256 amount) external watched {
        address from = _whoHas(who, controller.free);
        amount = _bound(amount, 1, controller.free(from) / 4 + 1);
        vm.prank(from);
        controller.withdraw(amount, _person(to).addr);
    }

    function withdrawCredit(uint256 who, uint256 to, uint256 amount) external watched {
        address from = _whoHas(who, controller.credit);
        amount = _bound(amount, 1, controller.credit(from));
        vm.prank(from);
        controller.withdrawCredit(_person(to).addr, amount);
    }

    function withdrawRevenue(uint256 who, uint256 to, uint256 amount) external watched {
        address from = _whoHas(who, ledger.creditOf);
        amount = _bound(amount, 1, ledger.creditOf(from));
        vm.prank(from);
        ledger.withdraw(_person(to).addr, amount);
    }

    function unbond(uint256 who, uint256 amount) external watched {
        Account memory from = _named(_whoHas(who, this.stakeOf));
        _unbond(from, _bound(amount, 1, providers.provider(from.addr).stake), _nonce++);
    }

    function finishUnbond(uint256 who) external watched {
        address account = _whoHas(who, this.unbondingOf);
        if (who % 4 != 0) _wait(providers.provider(account).releaseAt);
        providers.finishUnbond(account);
    }

    // Models

    function sell(uint256 model, uint256 to) external watched {
        uint256 id = _model(model);
        address seller = nft.ownerOf(id);
        uint256[] memory before = _revenueCredits();
        vm.prank(seller);
        nft.transferFrom(seller, _person(to).addr, id);
        uint256[] memory afterwards = _revenueCredits();
        for (uint256 i = 0; i < before.length; ++i) {
            if (before[i] != afterwards[i]) saleMovedCredit = true;
        }
    }

    function royalty(uint256 model, uint256 amount) external watched {
        uint256 id = _model(model);
        usdc.mint(ledger.royaltyInbox(id), _bound(amount, 1, 10e6));
        ledger.sweepRoyalty(id);
    }

    function fork(uint256 model, uint256 who) external watched {
        if (models.length == MAX_MODELS) return;
        Account memory forker = _person(who);
        (address[] memory parents,) = ledger.sharesOf(_model(model));
        IModelRegistry.Mint memory m = _mintMessage();
        m.repo = string.concat("model:fork", vm.toString(models.length), "/x");
        m.owner = forker.addr;
        (m.creators[0], m.creators[1]) = (forker.addr, parents[0]);
        models.push(_mint(m, forker));
    }

    function reduceShare(uint256 model, uint256 from, uint256 to, uint16 bps) external watched {
        uint256 id = _model(model);
        (address[] memory creators, uint16[] memory shares) = ledger.sharesOf(id);
        Account memory giver = _named(creators[from % creators.length]);
        bps = uint16(_bound(bps, 0, shares[from % creators.length]));
        IRevenueLedger.ReduceShare memory r =
            IRevenueLedger.ReduceShare(id, giver.addr, _person(to).addr, bps, _nonce++, FAR);
        ledger.reduceShare(r, _sign(giver, address(ledger), hasher.hash(r)));
    }

    function setTerms(uint256 model, uint16 creatorBps) external watched {
        uint256 id = _model(model);
        IModelRegistry.Model memory m = registry.model(id);
        IModelRegistry.SetTerms memory t =
            IModelRegistry.SetTerms(id, creatorBps % 9501, 0, m.ownerEpoch, m.termsNonce, FAR);
        registry.setTerms(t, _signRegistry(_named(m.owner), hasher.hash(t)));
    }

    function delegate(uint256 model, uint256 to) external watched {
        uint256 id = _model(model);
        uint64 epoch = nft.ownerEpoch(id);
        IModelRegistry.Delegate memory d = IModelRegistry.Delegate(id, _person(to).addr, FAR, epoch);
        registry.delegate(d, _signRegistry(_named(nft.ownerOf(id)), hasher.hash(d)));
        _delegatedFor[id][d.delegate] = epoch + 1;
    }

    /// @dev Somebody who is not entitled now tries every kind of message, for any epoch up to now.
    function intrude(uint256 model, uint256 who, uint64 epoch, uint256 kind) external watched {
        uint256 id = _model(model);
        uint64 current = nft.ownerEpoch(id);
        epoch = uint64(_bound(epoch, 0, current));
        Account memory by = _person(who);
        bool entitled = by.addr == nft.ownerOf(id) || _delegatedFor[id][by.addr] == current + 1;
        if (entitled && epoch == current) return;
        if (_try(id, by, epoch, kind % 4)) formerHolderSucceeded = true;
    }

    // Circumstances

    function blacklist(uint256 who, uint256 seed) external watched {
        for (uint256 i = 0; i < people.length; ++i) {
            usdc.unBlacklist(people[i].addr);
        }
        if (seed % 2 == 0) usdc.blacklist(_person(who).addr);
    }

    function freezeUsdc(uint256 seed) external watched {
        if (usdc.paused()) usdc.unpause();
        else if (seed % 8 == 0) usdc.pause();
    }

    function forwardRevenue() external watched {
        controller.forwardRevenue();
    }

    function pause(uint256 seed) external watched {
        bool paused = controller.paused();
        if (!paused && seed % 8 != 0) return;
        vm.prank(steward.addr);
        if (paused) controller.unpause();
        else controller.pause();
    }

    function pass(uint256 time) external watched {
        vm.warp(block.timestamp + _bound(time, 1, 2 hours));
    }
}
