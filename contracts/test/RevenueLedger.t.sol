// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {INonces} from "../src/interfaces/INonces.sol";
import {IRevenueLedger} from "../src/interfaces/IRevenueLedger.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {RoyaltyInbox} from "../src/RoyaltyInbox.sol";
import {Network} from "./support/Network.sol";
import {IFiatToken, USDC} from "./support/USDC.sol";
import {vm} from "./support/Vm.sol";

contract RevenueLedgerTest is Network {
    function setUp() public {
        _deploy(250, 1 hours);
        _mintModel();
    }

    // Credit

    function test_credit_is_withdrawn_by_each_for_oneself() public {
        _earn(1_000_001);
        vm.assertEq(ledger.totalOwed(), 1_000_001);
        vm.assertEq(ledger.creditOf(alice.addr), 500_001);
        vm.assertEq(ledger.creditOf(carol.addr), 350_000);
        vm.assertEq(ledger.creditOf(dave.addr), 150_000);
        vm.prank(carol.addr);
        ledger.withdraw(bob.addr, 350_000);
        vm.assertEq(usdc.balanceOf(bob.addr), 350_000);
        IRevenueLedger.Withdraw memory w = IRevenueLedger.Withdraw(alice.addr, bob.addr, 500_001, 9, FAR);
        bytes memory signature = _sign(alice, address(ledger), hasher.hashRevenueWithdraw(w));
        ledger.withdrawBySig(w, signature);
        vm.assertEq(usdc.balanceOf(bob.addr), 850_001);
        vm.assertEq(ledger.creditOf(alice.addr), 0);
        vm.assertEq(ledger.totalOwed(), 150_000);
        vm.expectRevert(abi.encodeWithSelector(INonces.NonceUsed.selector, bytes32(uint256(uint160(alice.addr))), 9));
        ledger.withdrawBySig(w, signature);
    }

    function test_error_more_than_the_credit() public {
        _earn(1_000_000);
        vm.startPrank(carol.addr);
        vm.expectRevert(
            abi.encodeWithSelector(IRevenueLedger.InsufficientCredit.selector, carol.addr, 350_000, 350_001)
        );
        ledger.withdraw(carol.addr, 350_001);
        vm.expectRevert(IRevenueLedger.ZeroAmount.selector);
        ledger.withdraw(carol.addr, 0);
        vm.expectRevert(IRevenueLedger.ZeroAddress.selector);
        ledger.withdraw(address(0), 1);
        vm.stopPrank();
    }

    function test_withdrawing_collects_over_many_models() public {
        uint256[] memory ids = new uint256[](3);
        for (uint256 i = 0; i < 3; ++i) {
            ids[i] = _mintNamed(string.concat("model:alice/m", vm.toString(i)));
            _earnWith(ids[i], 1000);
        }
        vm.assertEq(ledger.creditOf(carol.addr), 1050);
        vm.startPrank(carol.addr);
        ledger.withdraw(carol.addr, 400);
        ledger.withdraw(carol.addr, 650);
        vm.stopPrank();
        vm.assertEq(ledger.creditOf(carol.addr), 0);
        ledger.collect(dave.addr, ids);
        vm.assertEq(ledger.creditOf(dave.addr), 450);
        vm.prank(dave.addr);
        ledger.withdraw(dave.addr, 450);
    }

    function testFuzz_creators_together_never_get_more_than_came_in(uint128[8] calldata amounts, uint16 share) public {
        IModelRegistry.Mint memory m = _mintMessage();
        m.repo = "model:alice/fuzzed";
        m.shares[0] = uint16(_bound(share, 1, 9999));
        m.shares[1] = 10_000 - m.shares[0];
        uint256 id = _mint(m, alice);
        for (uint256 i = 0; i < amounts.length; ++i) {
            _earnWith(id, _bound(amounts[i], 1, 1e12));
        }
        (uint256 total,) = ledger.modelTotals(id);
        uint256 paid = ledger.uncollected(id, carol.addr) + ledger.uncollected(id, dave.addr);
        vm.assertLe(paid, total, "creators got more than came in");
        vm.assertGe(paid + 1, total, "more than one unit waits for the next payment");
    }

    // Shares

    function test_a_share_is_given_away_by_its_holder_and_the_past_stays() public {
        _earn(1_000_000);
        _reduce(carol, bob, 2000, 0, carol);
        _earn(1_000_000);
        vm.assertEq(ledger.creditOf(carol.addr), 350_000 + 250_000);
        vm.assertEq(ledger.creditOf(bob.addr), 100_000);
        vm.assertEq(ledger.creditOf(dave.addr), 300_000);
        (address[] memory creators, uint16[] memory shares) = ledger.sharesOf(modelId);
        vm.assertEq(creators.length, 3);
        vm.assertEq(creators[2], bob.addr);
        vm.assertEq(shares[0], 5000);
        vm.assertEq(shares[2], 2000);
    }

    function testFuzz_shares_always_sum_to_the_whole(uint256 seed) public {
        Account[3] memory people = [carol, dave, bob];
        for (uint64 i = 0; i < 10; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            Account memory from = people[seed % 3];
            (, uint16[] memory shares) = ledger.sharesOf(modelId);
            uint256 share = seed % 3 < shares.length ? shares[seed % 3] : 0;
            if (share != 0) _reduce(from, people[(seed >> 8) % 3], uint16(_bound(seed >> 16, 1, share)), i, from);
            _earn(_bound(seed >> 32, 1, 1e9));
        }
        (, uint16[] memory finalShares) = ledger.sharesOf(modelId);
        uint256 sum = 0;
        uint256 owed = ledger.creditOf(alice.addr);
        for (uint256 i = 0; i < finalShares.length; ++i) {
            sum += finalShares[i];
            owed += ledger.uncollected(modelId, people[i].addr);
        }
        vm.assertEq(sum, 10_000);
        vm.assertLe(owed, ledger.totalOwed(), "people are owed more than came in");
        vm.assertGe(owed + 2, ledger.totalOwed(), "more than rounding waits");
    }

    function test_error_a_share_only_shrinks_by_its_holders_signature() public {
        IRevenueLedger.ReduceShare memory r = IRevenueLedger.ReduceShare(modelId, carol.addr, alice.addr, 1, 0, FAR);
        bytes memory signature = _sign(alice, address(ledger), hasher.hash(r));
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.BadSignature.selector, carol.addr));
        ledger.reduceShare(r, signature);
        r.bps = 7001;
        signature = _sign(carol, address(ledger), hasher.hash(r));
        vm.expectRevert(abi.encodeWithSelector(IRevenueLedger.ShareTooSmall.selector, carol.addr, 7000, 7001));
        ledger.reduceShare(r, signature);
    }

    // Royalties

    function test_royalties_paid_before_the_inbox_exists_reach_the_creators() public {
        address inbox = ledger.royaltyInbox(modelId);
        usdc.mint(inbox, 1_000_000);
        vm.assertEq(inbox.code.length, 0);
        vm.assertEq(ledger.sweepRoyalty(modelId), 1_000_000);
        usdc.mint(inbox, 500);
        vm.prank(mallory.addr);
        ledger.sweepRoyalty(modelId);
        vm.assertEq(ledger.creditOf(carol.addr), 700_350);
        vm.assertEq(ledger.creditOf(dave.addr), 300_150);
        vm.assertEq(ledger.creditOf(alice.addr), 0);
        vm.assertEq(ledger.totalOwed(), usdc.balanceOf(address(ledger)));
    }

    function test_royalties_in_the_native_coin_and_other_tokens_are_split() public {
        address inbox = ledger.royaltyInbox(modelId);
        vm.deal(inbox, 101);
        ledger.sweepTokenRoyalty(modelId, address(0));
        vm.deal(mallory.addr, 100);
        vm.prank(mallory.addr);
        (bool sent,) = inbox.call{value: 100}("");
        vm.assertTrue(sent);
        ledger.sweepTokenRoyalty(modelId, address(0));
        vm.assertEq(ledger.tokenCreditOf(address(0), carol.addr), 71 + 70);
        vm.assertEq(ledger.tokenCreditOf(address(0), dave.addr), 30 + 30);
        vm.prank(carol.addr);
        ledger.withdrawToken(address(0), bob.addr);
        vm.assertEq(bob.addr.balance, 141);

        IFiatToken other = USDC.deploy(address(this));
        other.configureMinter(address(this), 1000);
        other.mint(inbox, 1000);
        ledger.sweepTokenRoyalty(modelId, address(other));
        vm.prank(dave.addr);
        vm.assertEq(ledger.withdrawToken(address(other), dave.addr), 300);
        vm.assertEq(other.balanceOf(dave.addr), 300);
    }

    function test_error_royalties() public {
        vm.expectRevert(IRevenueLedger.UseSweepRoyalty.selector);
        ledger.sweepTokenRoyalty(modelId, address(usdc));
        vm.expectRevert(abi.encodeWithSelector(IRevenueLedger.UnknownModel.selector, 5));
        ledger.sweepRoyalty(5);
        vm.expectRevert(IRevenueLedger.ZeroAmount.selector);
        ledger.sweepRoyalty(modelId);
        vm.expectRevert(IRevenueLedger.ZeroAmount.selector);
        ledger.withdrawToken(address(0), bob.addr);
        vm.deal(address(this), 1);
        vm.expectRevert(abi.encodeWithSelector(IRevenueLedger.OnlyInbox.selector, address(this)));
        this.sendToLedger();
    }

    function test_error_nobody_else_empties_an_inbox() public {
        usdc.mint(ledger.royaltyInbox(modelId), 1);
        ledger.sweepRoyalty(modelId);
        RoyaltyInbox inbox = RoyaltyInbox(payable(ledger.royaltyInbox(modelId)));
        vm.expectRevert(abi.encodeWithSelector(RoyaltyInbox.OnlyLedger.selector, address(this)));
        inbox.sweep(address(usdc));
    }

    // Doors

    function test_error_only_registry_and_controller_write() public {
        vm.expectRevert(abi.encodeWithSelector(IRevenueLedger.OnlyController.selector, address(this)));
        ledger.credit(modelId, 1);
        vm.expectRevert(abi.encodeWithSelector(IRevenueLedger.OnlyRegistry.selector, address(this)));
        ledger.open(5, new address[](0), new uint16[](0), 0);
    }

    function sendToLedger() external {
        (bool sent, bytes memory reason) = address(ledger).call{value: 1}("");
        if (sent) return;
        assembly {
            revert(add(reason, 32), mload(reason))
        }
    }

    // How

    function _earn(uint256 amount) private {
        _earnWith(modelId, amount);
    }

    /// @dev What the controller does with the models' part of a claim.
    function _earnWith(uint256 id, uint256 amount) private {
        usdc.mint(address(ledger), amount);
        vm.prank(address(controller));
        ledger.credit(id, amount);
    }

    function _mintNamed(string memory repo) private returns (uint256) {
        IModelRegistry.Mint memory m = _mintMessage();
        m.repo = repo;
        return _mint(m, alice);
    }

    function _reduce(Account memory from, Account memory to, uint16 bps, uint64 nonce, Account memory by) private {
        IRevenueLedger.ReduceShare memory r = IRevenueLedger.ReduceShare(modelId, from.addr, to.addr, bps, nonce, FAR);
        ledger.reduceShare(r, _sign(by, address(ledger), hasher.hash(r)));
    }
}
