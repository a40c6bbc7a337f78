// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Badges} from "../../src/Badges.sol";
import {EngagementOracle} from "../../src/EngagementOracle.sol";
import {IBadges} from "../../src/interfaces/IBadges.sol";
import {IEngagementOracle} from "../../src/interfaces/IEngagementOracle.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

/// @title People who try to get, move and lose badges, and posters who contradict themselves
contract SignalsHandler is Network {
    uint256[] public ids;
    mapping(uint256 id => address) public first;
    mapping(uint256 id => bool) public gone;
    uint256 public recordedWhileOpen;
    uint256 public recorded;
    uint256 public struckThenRecorded;

    uint64 private _day = uint64(START / 1 days);
    uint64 private _season = uint64(START / 28 days);

    constructor() {
        _deploy(250, 1 hours);
        _mintModel();
        vm.warp(START + 30 days);
    }

    function badgesAndOracle() external view returns (Badges, EngagementOracle) {
        return (badges, oracle);
    }

    function count() external view returns (uint256) {
        return ids.length;
    }

    function award(uint256 who) external {
        try badges.awardCreator(_person(who), modelId) returns (uint256 id) {
            _keep(id, _person(who));
        } catch {}
    }

    function season(uint256 who, uint16 rank, uint256 score, bool contest) external {
        address issuer = _person(who);
        IBadges.Winner memory w =
            IBadges.Winner(_season, IBadges.Kind.SeasonCreator, rank % 14, _person(score), 0, score % 100);
        bytes32 root = keccak256(bytes.concat(keccak256(abi.encode(w))));
        vm.prank(issuer);
        try badges.publishSeason(_season, root, "") {} catch {}
        bytes32[] memory none = new bytes32[](0);
        if (contest) try badges.contestSeason(issuer, _season, w, none, w, none) {} catch {}
        try badges.awardSeason(issuer, w, none) returns (uint256 id) {
            _keep(id, w.account);
        } catch {}
    }

    function move(uint256 which, uint256 who) external {
        if (ids.length == 0) return;
        uint256 id = ids[which % ids.length];
        vm.prank(first[id]);
        try badges.transferFrom(first[id], _person(who), id) {} catch {}
    }

    function burn(uint256 which, uint256 who) external {
        if (ids.length == 0) return;
        uint256 id = ids[which % ids.length];
        address by = _person(who);
        vm.prank(by);
        try badges.burn(id) {
            if (by == first[id]) gone[id] = true;
        } catch {}
    }

    function say(uint256 who, uint32 pulls, uint32 paid, bool contest) external {
        address poster = _person(who);
        IEngagementOracle.Score memory s;
        (s.modelId, s.pulls, s.paidPulls) = (modelId, pulls % 100, paid % 100);
        bytes32 root = keccak256(bytes.concat(keccak256(abi.encode(s))));
        bytes32[] memory none = new bytes32[](0);
        vm.prank(poster);
        try oracle.post(_day, 0, 0, root, "") {} catch {}
        if (contest) {
            IEngagementOracle.Usage[] memory usages = new IEngagementOracle.Usage[](0);
            try oracle.contestScore(poster, _day, s, none, usages, new bytes32[][](0)) {} catch {}
        }
        IEngagementOracle.Post memory p = oracle.posted(poster, _day);
        try oracle.record(poster, _day, s, none) {
            recorded += 1;
            if (p.struck) struckThenRecorded += 1;
            if (block.timestamp < p.at + 1 days) recordedWhileOpen += 1;
        } catch {}
    }

    function wait_(uint256 time) external {
        vm.warp(block.timestamp + time % 2 days);
        _day = uint64(block.timestamp / 1 days) - 1 - uint64(time % 2);
    }

    function _keep(uint256 id, address account) private {
        ids.push(id);
        first[id] = account;
    }

    function _person(uint256 which) private view returns (address) {
        address[4] memory all = [carol.addr, dave.addr, mallory.addr, bob.addr];
        return all[which % 4];
    }
}

/// @title What holds of badges and scores whatever people do
contract SignalsInvariants {
    SignalsHandler private handler;
    Badges private badges;
    EngagementOracle private oracle;

    function setUp() public {
        handler = new SignalsHandler();
        (badges, oracle) = handler.badgesAndOracle();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_a_badge_stays_with_whoever_earned_it_until_they_burn_it() external view {
        for (uint256 i = 0; i < handler.count(); ++i) {
            uint256 id = handler.ids(i);
            for (uint256 j = 0; j < i; ++j) {
                vm.assertTrue(handler.ids(j) != id, "a badge was awarded twice");
            }
            try badges.ownerOf(id) returns (address owner) {
                vm.assertEq(owner, handler.first(id));
                vm.assertFalse(handler.gone(id));
            } catch {
                vm.assertTrue(handler.gone(id), "a badge vanished");
            }
        }
    }

    function invariant_nothing_is_recorded_that_was_struck_or_can_still_be() external view {
        vm.assertEq(handler.recordedWhileOpen(), 0);
        vm.assertEq(handler.struckThenRecorded(), 0);
    }
}
