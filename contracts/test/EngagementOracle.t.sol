// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEngagementOracle} from "../src/interfaces/IEngagementOracle.sol";
import {Network} from "./support/Network.sol";
import {vm} from "./support/Vm.sol";

/// @title What posters may say of a day, and how it is struck
contract EngagementOracleTest is Network {
    uint64 private constant DAY = uint64(START / 1 days);
    bytes32[] private _none;
    bytes32 private _channel;
    uint256 private _usagePoints;

    function setUp() public {
        _deploy(250, 1 hours);
        _mintModel();
        _channel = _openChannel(10e6);
        _claim(_channel, 1, 4e6);
        vm.warp((uint256(DAY) + 1) * 1 days);
        _usagePoints = oracle.points(100_000);
    }

    function test_a_score_is_recorded_after_the_window_and_fades_by_half_in_a_week() public {
        _post(address(this), DAY, _usage(), _score());
        uint64 until = uint64(block.timestamp) + 1 days;
        vm.expectRevert(abi.encodeWithSelector(IEngagementOracle.ContestOpen.selector, until));
        oracle.record(address(this), DAY, _score(), _none);

        vm.warp(until);
        oracle.record(address(this), DAY, _score(), _none);
        IEngagementOracle.Standing memory s = oracle.standing(address(this), modelId);
        vm.assertEq(s.score, oracle.dayPoints(_score()));
        vm.assertEq(s.fee, 100_000);
        vm.warp((uint256(DAY) + 7) * 1 days);
        vm.assertEq(oracle.score(address(this), modelId), s.score / 2);
        vm.assertEq(oracle.valuation(address(this), modelId), 50_000 * 344);

        vm.expectRevert(abi.encodeWithSelector(IEngagementOracle.EpochNotNewer.selector, DAY, DAY));
        oracle.record(address(this), DAY, _score(), _none);
    }

    function test_days_add_up() public {
        _post(address(this), DAY, _usage(), _score());
        vm.warp((uint256(DAY) + 2) * 1 days);
        _post(address(this), DAY + 1, _usage(), _score());
        vm.warp((uint256(DAY) + 3) * 1 days);
        oracle.record(address(this), DAY, _score(), _none);
        oracle.record(address(this), DAY + 1, _score(), _none);
        uint256 one = oracle.dayPoints(_score());
        vm.assertEq(oracle.standing(address(this), modelId).score, one + one * 905_723 / 1_000_000);
    }

    function test_posters_speak_for_themselves() public {
        _post(address(this), DAY, _usage(), _score());
        vm.expectRevert(abi.encodeWithSelector(IEngagementOracle.AlreadyPosted.selector, address(this), DAY));
        oracle.post(DAY, 0, 0, 0, CID);
        vm.prank(mallory.addr);
        oracle.post(DAY, 0, 0, keccak256("nonsense"), CID);
        vm.assertEq(oracle.posted(address(this), DAY).scores, _leaf(abi.encode(_score())));
        vm.assertEq(oracle.score(mallory.addr, modelId), 0);
    }

    function test_error_a_day_that_is_not_over() public {
        vm.expectRevert(abi.encodeWithSelector(IEngagementOracle.EpochNotOver.selector, DAY + 1));
        oracle.post(DAY + 1, 0, 0, 0, CID);
    }

    function test_true_usage_cannot_be_struck() public {
        IEngagementOracle.Usage memory u = _usage();
        _post(address(this), DAY, u, _score());
        bytes32 leaf = _leaf(abi.encode(u));
        vm.expectRevert(abi.encodeWithSelector(IEngagementOracle.NoContradiction.selector, leaf));
        oracle.contestUsage(address(this), DAY, u, _none);
    }

    function test_usage_that_the_chain_contradicts_is_struck() public {
        for (uint256 i = 0; i < 5; ++i) {
            IEngagementOracle.Usage memory u = _usage();
            if (i == 0) u.fee = 100_001;
            if (i == 1) u.payer = mallory.addr;
            if (i == 2) u.modelId += 1;
            if (i == 3) u.channelId = keccak256("no channel");
            if (i == 4) u.fee = 0;
            _post(address(this), DAY, u, _score());
            oracle.contestUsage(address(this), DAY, u, _none);
            vm.assertTrue(oracle.posted(address(this), DAY).struck);
            vm.expectRevert(abi.encodeWithSelector(IEngagementOracle.NotPosted.selector, address(this), DAY));
            oracle.record(address(this), DAY, _score(), _none);
        }
        _post(address(this), DAY, _usage(), _score());
    }

    function test_a_score_below_its_own_usage_is_struck() public {
        IEngagementOracle.Score memory s = _score();
        s.fee = 99_999;
        s.usagePoints = oracle.points(s.fee);
        _post(address(this), DAY, _usage(), s);
        (IEngagementOracle.Usage[] memory usages, bytes32[][] memory proofs) = _usages(1);
        oracle.contestScore(address(this), DAY, s, _none, usages, proofs);
        vm.assertTrue(oracle.posted(address(this), DAY).struck);
    }

    function test_error_a_channel_counted_twice_strikes_nothing() public {
        _post(address(this), DAY, _usage(), _score());
        (IEngagementOracle.Usage[] memory usages, bytes32[][] memory proofs) = _usages(2);
        vm.expectRevert(abi.encodeWithSelector(IEngagementOracle.NotRising.selector, _channel));
        oracle.contestScore(address(this), DAY, _score(), _none, usages, proofs);
    }

    function test_impossible_scores_are_struck() public {
        for (uint256 i = 0; i < 4; ++i) {
            IEngagementOracle.Score memory s = _score();
            if (i == 0) s.paidPulls = s.pulls + 1;
            if (i == 1) s.payers = 0;
            if (i == 2) s.usagePoints += 2;
            if (i == 3) s.payers = uint32(s.fee + 1);
            _post(address(this), DAY, _usage(), s);
            (IEngagementOracle.Usage[] memory usages, bytes32[][] memory proofs) = _usages(0);
            oracle.contestScore(address(this), DAY, s, _none, usages, proofs);
        }
        _post(address(this), DAY, _usage(), _score());
        (IEngagementOracle.Usage[] memory all, bytes32[][] memory paths) = _usages(1);
        bytes32 leaf = _leaf(abi.encode(_score()));
        vm.expectRevert(abi.encodeWithSelector(IEngagementOracle.NoContradiction.selector, leaf));
        oracle.contestScore(address(this), DAY, _score(), _none, all, paths);
    }

    function test_pulls_of_nothing_anchored_of_another_day_or_of_nobody_are_struck() public {
        for (uint256 i = 0; i < 6; ++i) {
            IEngagementOracle.PullReceipt memory r = _pull();
            if (i == 0) r.versionRoot = keccak256("never");
            if (i == 1) r.repo = "model:alice/other";
            if (i == 2) r.day += 1;
            if (i == 3) r.puller = address(0);
            if (i == 4) r.tag = keccak256("both");
            oracle.post(DAY, _pullLeaf(r), 0, 0, CID);
            if (i == 5) {
                vm.expectRevert(abi.encodeWithSelector(IEngagementOracle.NoContradiction.selector, _pullLeaf(r)));
            }
            oracle.contestPull(address(this), DAY, r, _none);
        }
    }

    function test_error_contesting_too_late_or_with_a_leaf_that_is_not_there() public {
        IEngagementOracle.Usage memory u = _usage();
        _post(address(this), DAY, u, _score());
        uint64 until = uint64(block.timestamp) + 1 days;
        u.fee = 7;
        bytes32 root = oracle.posted(address(this), DAY).usage;
        vm.expectRevert(abi.encodeWithSelector(IEngagementOracle.NotInRoot.selector, _leaf(abi.encode(u)), root));
        oracle.contestUsage(address(this), DAY, u, _none);
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(IEngagementOracle.ContestOver.selector, until));
        oracle.contestUsage(address(this), DAY, u, _none);
    }

    function test_ten_thousand_pulls_of_fresh_wallets_stay_below_twenty_payers() public view {
        IEngagementOracle.Score memory fake;
        fake.pulls = 10_000;
        IEngagementOracle.Score memory real;
        (real.payers, real.fee) = (20, 20);
        real.usagePoints = 20 * oracle.points(1);
        vm.assertLt(oracle.dayPoints(fake), oracle.dayPoints(real));
    }

    function testFuzz_points_rise_and_never_pay_for_splitting_more_than_rounding(uint128 fee, uint128 part)
        public
        view
    {
        uint256 a = uint256(part) % (uint256(fee) + 1);
        uint256 whole = oracle.points(fee);
        vm.assertLe(whole, 10_000, "above the cap");
        vm.assertLe(oracle.points(a), whole, "less fee, more points");
        vm.assertLe(whole, oracle.points(a) + oracle.points(fee - a) + 1, "not concave");
        vm.assertLe(whole, fee, "a point of a thousandth costs less than 1 unit of USDC");
    }

    function testFuzz_true_scores_are_never_impossible(uint64[6] calldata fees) public {
        IEngagementOracle.Score memory s = _score();
        (s.payers, s.fee, s.usagePoints) = (6, 0, 0);
        for (uint256 i = 0; i < 6; ++i) {
            uint256 fee = uint256(fees[i]) % 3e6 + 1;
            s.fee += fee;
            s.usagePoints += oracle.points(fee);
        }
        _post(address(this), DAY, _usage(), s);
        (IEngagementOracle.Usage[] memory usages, bytes32[][] memory proofs) = _usages(0);
        vm.expectRevert(abi.encodeWithSelector(IEngagementOracle.NoContradiction.selector, _leaf(abi.encode(s))));
        oracle.contestScore(address(this), DAY, s, _none, usages, proofs);
    }

    function _post(address poster, uint64 day, IEngagementOracle.Usage memory u, IEngagementOracle.Score memory s)
        private
    {
        vm.prank(poster);
        oracle.post(day, _pullLeaf(_pull()), _leaf(abi.encode(u)), _leaf(abi.encode(s)), CID);
    }

    /// @dev 2.5 % of the 4 USDC claimed.
    function _usage() private view returns (IEngagementOracle.Usage memory) {
        return IEngagementOracle.Usage(_channel, modelId, payer.addr, 100_000);
    }

    function _usages(uint256 count)
        private
        view
        returns (IEngagementOracle.Usage[] memory usages, bytes32[][] memory proofs)
    {
        usages = new IEngagementOracle.Usage[](count);
        proofs = new bytes32[][](count);
        for (uint256 i = 0; i < count; ++i) {
            (usages[i], proofs[i]) = (_usage(), new bytes32[](0));
        }
    }

    function _score() private view returns (IEngagementOracle.Score memory) {
        return IEngagementOracle.Score(modelId, 3, 1, 2, 1, 100_000, _usagePoints);
    }

    function _pull() private view returns (IEngagementOracle.PullReceipt memory) {
        return IEngagementOracle.PullReceipt(REPO, keccak256("version 1"), payer.addr, 0, uint32(DAY));
    }

    function _pullLeaf(IEngagementOracle.PullReceipt memory r) private pure returns (bytes32) {
        bytes32 typeHash =
            keccak256("PullReceipt(string repo,bytes32 versionRoot,address puller,bytes32 tag,uint32 day)");
        bytes32 hash = keccak256(abi.encode(typeHash, keccak256(bytes(r.repo)), r.versionRoot, r.puller, r.tag, r.day));
        return _leaf(abi.encode(hash));
    }

    function _leaf(bytes memory encoded) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(encoded)));
    }
}
