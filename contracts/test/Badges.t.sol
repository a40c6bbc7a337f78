// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBadges} from "../src/interfaces/IBadges.sol";
import {Network} from "./support/Network.sol";
import {vm} from "./support/Vm.sol";

/// @title Who gets a badge, and that it stays
contract BadgesTest is Network {
    uint64 private constant SEASON = uint64(START / 28 days);
    bytes32[] private _none;

    function setUp() public {
        _deploy(250, 1 hours);
        _mintModel();
    }

    function test_creators_get_theirs_from_the_ledger() public {
        uint256 id = badges.awardCreator(carol.addr, modelId);
        vm.assertEq(badges.ownerOf(id), carol.addr);
        vm.assertTrue(badges.locked(id));
        vm.assertEq(badges.badge(id).evidence, modelId);
        vm.assertEq(badges.badge(id).issuer, address(0));
        vm.assertTrue(badges.supportsInterface(0xb45a3c0e));
        vm.expectRevert(abi.encodeWithSelector(IBadges.NoCreator.selector, modelId, mallory.addr));
        badges.awardCreator(mallory.addr, modelId);
    }

    function test_patrons_and_hosts_get_theirs_from_their_channels() public {
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = _openChannel(10e6);
        _claim(ids[0], 1, 999_999);
        vm.expectRevert(abi.encodeWithSelector(IBadges.BelowThreshold.selector, 999_999, 1_000_000));
        badges.awardUsage(IBadges.Kind.Patron, payer.addr, ids);
        _claim(ids[0], 2, 1_000_000);
        vm.assertEq(badges.ownerOf(badges.awardUsage(IBadges.Kind.Patron, payer.addr, ids)), payer.addr);
        vm.assertEq(badges.ownerOf(badges.awardUsage(IBadges.Kind.Host, provider.addr, ids)), provider.addr);
        vm.expectRevert(abi.encodeWithSelector(IBadges.ForeignChannel.selector, ids[0], mallory.addr));
        badges.awardUsage(IBadges.Kind.Host, mallory.addr, ids);
    }

    function test_error_one_channel_given_twice() public {
        bytes32[] memory ids = new bytes32[](2);
        ids[0] = ids[1] = _openChannel(10e6);
        _claim(ids[0], 1, 600_000);
        vm.expectRevert(abi.encodeWithSelector(IBadges.ForeignChannel.selector, ids[0], payer.addr));
        badges.awardUsage(IBadges.Kind.Patron, payer.addr, ids);
    }

    function test_error_kinds_that_are_not_for_usage_and_no_channels() public {
        bytes32[] memory ids = new bytes32[](0);
        vm.expectRevert(abi.encodeWithSelector(IBadges.BelowThreshold.selector, 0, 1_000_000));
        badges.awardUsage(IBadges.Kind.Patron, mallory.addr, ids);
        ids = new bytes32[](1);
        ids[0] = _openChannel(10e6);
        _claim(ids[0], 1, 2e6);
        vm.expectRevert(abi.encodeWithSelector(IBadges.ForeignChannel.selector, ids[0], payer.addr));
        badges.awardUsage(IBadges.Kind.SeasonCreator, payer.addr, ids);
    }

    function test_a_season_is_published_once_contested_for_a_day_and_then_awarded() public {
        IBadges.Winner memory w = _winner(1, alice.addr, 90);
        vm.expectRevert(abi.encodeWithSelector(IBadges.SeasonNotOver.selector, SEASON));
        badges.publishSeason(SEASON, _leaf(w), CID);
        _endSeason();
        badges.publishSeason(SEASON, _leaf(w), CID);
        vm.expectRevert(abi.encodeWithSelector(IBadges.AlreadyPublished.selector, address(this), SEASON));
        badges.publishSeason(SEASON, keccak256("another"), CID);
        uint64 until = uint64(block.timestamp) + 1 days;
        vm.expectRevert(abi.encodeWithSelector(IBadges.ContestOpen.selector, until));
        badges.awardSeason(address(this), w, _none);
        vm.warp(until);
        uint256 id = badges.awardSeason(address(this), w, _none);
        vm.assertEq(badges.ownerOf(id), alice.addr);
        vm.assertEq(badges.badge(id).issuer, address(this));
        w.account = mallory.addr;
        vm.expectRevert(abi.encodeWithSelector(IBadges.NotAWinner.selector, _leaf(w)));
        badges.awardSeason(address(this), w, _none);
        vm.expectRevert(abi.encodeWithSelector(IBadges.NotPublished.selector, mallory.addr, SEASON));
        badges.awardSeason(mallory.addr, w, _none);
    }

    function test_winners_that_contradict_each_other_are_struck() public {
        _endSeason();
        IBadges.Winner memory first = _winner(1, alice.addr, 90);
        for (uint256 i = 0; i < 4; ++i) {
            IBadges.Winner memory other = _winner(2, bob.addr, 80);
            if (i == 0) other.rank = 1;
            if (i == 1) other.score = 91;
            if (i == 2) other.account = alice.addr;
            _publish(first, other);
            if (i == 3) vm.expectRevert(abi.encodeWithSelector(IBadges.NoContradiction.selector));
            badges.contestSeason(address(this), SEASON, first, _path(other), other, _path(first));
        }
    }

    function test_unlawful_winners_are_struck_and_never_awarded() public {
        _endSeason();
        for (uint256 i = 0; i < 6; ++i) {
            IBadges.Winner memory w = _winner(1, alice.addr, 90);
            if (i == 0) w.rank = 11;
            if (i == 1) w.rank = 0;
            if (i == 2) w.kind = IBadges.Kind.Patron;
            if (i == 3) w.account = address(0);
            if (i == 4) w.subject = 7;
            if (i == 5) w.season -= 1;
            badges.publishSeason(SEASON, _leaf(w), CID);
            badges.contestSeason(address(this), SEASON, w, _none, w, _none);
            vm.assertTrue(badges.seasonOf(address(this), SEASON).struck);
        }
        IBadges.Winner memory late = _winner(11, alice.addr, 90);
        badges.publishSeason(SEASON, _leaf(late), CID);
        vm.warp(block.timestamp + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IBadges.NotAWinner.selector, _leaf(late)));
        badges.awardSeason(address(this), late, _none);
    }

    function test_badges_cannot_be_moved_and_are_burned_by_their_holder_for_ever() public {
        uint256 id = badges.awardCreator(carol.addr, modelId);
        vm.expectRevert(abi.encodeWithSelector(IBadges.SoulBound.selector, id));
        vm.prank(carol.addr);
        badges.transferFrom(carol.addr, mallory.addr, id);
        vm.expectRevert(abi.encodeWithSelector(IBadges.OnlyHolder.selector, id, mallory.addr));
        vm.prank(mallory.addr);
        badges.burn(id);
        vm.prank(carol.addr);
        badges.burn(id);
        vm.assertEq(badges.balanceOf(carol.addr), 0);
        vm.expectRevert(abi.encodeWithSelector(IBadges.AwardedAlready.selector, id));
        badges.awardCreator(carol.addr, modelId);
    }

    function testFuzz_nobody_else_gets_a_place(address account, uint16 rank, uint8 kind) public {
        vm.assume(account != alice.addr);
        _endSeason();
        badges.publishSeason(SEASON, _leaf(_winner(1, alice.addr, 90)), CID);
        vm.warp(block.timestamp + 1 days);
        IBadges.Winner memory w = _winner(rank, account, 90);
        w.kind = IBadges.Kind(kind % 7);
        vm.expectRevert();
        badges.awardSeason(address(this), w, _none);
    }

    function _endSeason() private {
        vm.warp((uint256(SEASON) + 1) * 28 days);
    }

    function _publish(IBadges.Winner memory a, IBadges.Winner memory b) private {
        (bytes32 left, bytes32 right) = (_leaf(a), _leaf(b));
        if (left > right) (left, right) = (right, left);
        badges.publishSeason(SEASON, keccak256(abi.encodePacked(left, right)), CID);
    }

    function _path(IBadges.Winner memory sibling) private pure returns (bytes32[] memory path) {
        path = new bytes32[](1);
        path[0] = _leaf(sibling);
    }

    function _winner(uint16 rank, address account, uint256 score) private pure returns (IBadges.Winner memory) {
        return IBadges.Winner(SEASON, IBadges.Kind.SeasonCreator, rank, account, 0, score);
    }

    function _leaf(IBadges.Winner memory w) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(w))));
    }
}
