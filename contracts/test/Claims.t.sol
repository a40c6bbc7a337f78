// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {IUsageController} from "../src/interfaces/IUsageController.sol";
import {IUsageTypes} from "../src/interfaces/IUsageTypes.sol";
import {Network} from "./support/Network.sol";
import {vm} from "./support/Vm.sol";
import {NaySayer, YesSayer} from "./support/Wallets.sol";

contract ClaimsTest is Network {
    bytes32 private id;

    function setUp() public {
        _deploy(250, 1 hours);
        _mintModel();
        id = _openChannel(10e6);
    }

    // Paying

    function test_a_claim_pays_provider_protocol_creators_and_holder() public {
        _claim(id, 3, 1_000_001);
        vm.assertEq(controller.credit(treasury.addr), 25_000);
        vm.assertEq(controller.credit(provider.addr), 775_001);
        vm.assertEq(ledger.creditOf(alice.addr), 100_000);
        vm.assertEq(ledger.creditOf(carol.addr), 70_000);
        vm.assertEq(ledger.creditOf(dave.addr), 30_000);
        vm.assertEq(usdc.balanceOf(address(ledger)), 200_000);
        IUsageTypes.ChannelState memory c = controller.channel(id);
        vm.assertEq(c.claimed, 1_000_001);
        vm.assertEq(c.seq, 3);
    }

    function test_claims_say_which_receipts_they_pay() public {
        _claim(id, 3, 1e6);
        vm.expectEmit(address(controller));
        emit IUsageController.Claimed(
            id, provider.addr, modelId, keccak256("batch"), 4, 9, 1e6, 775_000, 200_000, 25_000
        );
        vm.expectEmit(address(controller));
        emit IUsageController.BatchPosted(provider.addr, keccak256("batch"), CID);
        _claim(id, 9, 2e6);
    }

    function testFuzz_every_unit_of_a_claim_goes_somewhere(uint256 spent) public {
        spent = _bound(spent, 1, 10e6);
        _claim(id, 1, spent);
        (uint256 creators, uint256 holder) = ledger.modelTotals(modelId);
        uint256 fee = controller.credit(treasury.addr);
        vm.assertEq(fee, spent * 250 / 10_000);
        vm.assertEq(creators + holder, spent * 2000 / 10_000);
        vm.assertEq(controller.credit(provider.addr) + fee + creators + holder, spent);
    }

    function test_a_lower_ceiling_of_an_older_voucher_is_enough_if_it_covers_the_claim() public {
        IUsageTypes.ClaimRow memory row = _row(id, 2, 1e6);
        row.voucher.ceiling = 5e6;
        _signRow(row);
        controller.claim(_rows(row), CID);
        vm.assertEq(controller.channel(id).claimed, 1e6);
    }

    function test_a_closing_channel_is_claimed_until_the_window_ends() public {
        _requestClose();
        vm.warp(START + 1 hours - 1);
        _claim(id, 1, 1e6);
        vm.assertEq(controller.channel(id).claimed, 1e6);
        vm.warp(START + 1 hours);
        _expectSkip(_row(id, 2, 2e6), IUsageTypes.SkipReason.WindowOver);
    }

    function test_a_revoked_session_and_a_pause_do_not_stop_claims() public {
        bytes32 session = controller.channel(id).session;
        vm.prank(payer.addr);
        controller.revoke(session);
        vm.prank(steward.addr);
        controller.pause();
        _claim(id, 1, 1e6);
        vm.assertEq(controller.channel(id).claimed, 1e6);
    }

    // Skipping

    function test_bad_rows_are_skipped_and_good_ones_paid() public {
        IUsageTypes.ClaimRow[] memory rows = new IUsageTypes.ClaimRow[](4);
        rows[0] = _row(keccak256("nothing"), 1, 1e6);
        rows[1] = _row(id, 1, 1e6);
        rows[2] = _row(id, 1, 2e6);
        rows[3] = _row(id, 2, 2e6);
        rows[3].claimSig = hex"00";
        vm.expectEmit(address(controller));
        emit IUsageController.ClaimSkipped(keccak256("nothing"), address(0), IUsageTypes.SkipReason.UnknownChannel);
        vm.expectEmit(address(controller));
        emit IUsageController.ClaimSkipped(id, provider.addr, IUsageTypes.SkipReason.SeqNotNewer);
        vm.expectEmit(address(controller));
        emit IUsageController.ClaimSkipped(id, provider.addr, IUsageTypes.SkipReason.BadClaimSignature);
        controller.claim(rows, CID);
        vm.assertEq(controller.channel(id).claimed, 1e6);
    }

    function test_a_claim_works_once() public {
        _claim(id, 1, 1e6);
        _expectSkip(_row(id, 1, 1e6), IUsageTypes.SkipReason.NothingNew);
        _expectSkip(_row(id, 2, 1e6), IUsageTypes.SkipReason.NothingNew);
        _expectSkip(_row(id, 2, 1e6 - 1), IUsageTypes.SkipReason.NothingNew);
        _expectSkip(_row(id, 1, 1e6 + 1), IUsageTypes.SkipReason.SeqNotNewer);
    }

    function test_a_claim_stays_below_ceiling_and_lock() public {
        IUsageTypes.ClaimRow memory row = _row(id, 1, 1e6);
        row.voucher.ceiling = 1e6 - 1;
        _signRow(row);
        _expectSkip(row, IUsageTypes.SkipReason.AboveCeiling);
        _expectSkip(_row(id, 1, 10e6 + 1), IUsageTypes.SkipReason.AboveLocked);
        _expectSkip(_row(id, 1, type(uint256).max), IUsageTypes.SkipReason.AboveLocked);
    }

    function test_a_voucher_of_another_channel_or_chain_does_not_count() public {
        IUsageTypes.ClaimRow memory row = _row(id, 1, 1e6);
        row.voucher.channelId = keccak256("other");
        _signRow(row);
        _expectSkip(row, IUsageTypes.SkipReason.VoucherOfOtherChannel);
        row = _row(id, 1, 1e6);
        vm.chainId(8453);
        _expectSkip(row, IUsageTypes.SkipReason.BadClaimSignature);
    }

    function test_only_the_raw_keys_of_provider_and_session_count() public {
        IUsageTypes.ClaimRow memory row = _row(id, 1, 1e6);
        row.claimSig = _signUsage(mallory, hasher.hashClaim(row.claim));
        _expectSkip(row, IUsageTypes.SkipReason.BadClaimSignature);
        row = _row(id, 1, 1e6);
        row.voucherSig = _signUsage(mallory, hasher.hash(row.voucher));
        _expectSkip(row, IUsageTypes.SkipReason.BadVoucherSignature);
        row = _row(id, 1, 1e6);
        row.voucherSig = _highS(row.voucherSig);
        _expectSkip(row, IUsageTypes.SkipReason.BadVoucherSignature);
    }

    function test_code_at_the_session_key_neither_unsigns_nor_signs() public {
        vm.etch(sessionKey.addr, abi.encodePacked(hex"ef0100", address(new NaySayer())));
        _claim(id, 1, 1e6);
        vm.assertEq(controller.channel(id).claimed, 1e6);
        vm.etch(sessionKey.addr, address(new YesSayer()).code);
        IUsageTypes.ClaimRow memory row = _row(id, 2, 2e6);
        row.voucherSig = _signUsage(mallory, hasher.hash(row.voucher));
        _expectSkip(row, IUsageTypes.SkipReason.BadVoucherSignature);
    }

    function testFuzz_arbitrary_rows_never_stop_a_good_one(
        IUsageTypes.Claim memory claim,
        IUsageTypes.Voucher memory voucher,
        bytes memory claimSig,
        bytes memory voucherSig,
        bool known
    ) public {
        if (known) (claim.channelId, voucher.channelId) = (id, id);
        IUsageTypes.ClaimRow[] memory rows = new IUsageTypes.ClaimRow[](2);
        rows[0] = IUsageTypes.ClaimRow(claim, claimSig, voucher, voucherSig);
        rows[1] = _row(id, 1, 1e6);
        controller.claim(rows, CID);
        vm.assertEq(controller.channel(id).claimed, 1e6);
    }

    // USDC that refuses

    function test_claims_are_booked_while_USDC_is_frozen_and_forwarded_later() public {
        usdc.pause();
        _claim(id, 1, 1e6);
        vm.assertEq(controller.revenueDue(), 200_000);
        vm.assertEq(ledger.creditOf(carol.addr), 70_000);
        usdc.unpause();
        controller.forwardRevenue();
        vm.assertEq(controller.revenueDue(), 0);
        vm.assertEq(usdc.balanceOf(address(ledger)), 200_000);
        vm.prank(carol.addr);
        ledger.withdraw(carol.addr, 70_000);
    }

    function test_a_blacklisted_payee_blocks_nobody() public {
        usdc.blacklist(provider.addr);
        usdc.blacklist(alice.addr);
        usdc.blacklist(carol.addr);
        usdc.blacklist(payer.addr);
        _claim(id, 1, 1e6);
        vm.prank(dave.addr);
        ledger.withdraw(dave.addr, 30_000);
        vm.prank(treasury.addr);
        controller.withdrawCredit(treasury.addr, 25_000);
        vm.prank(carol.addr);
        vm.expectRevert("Blacklistable: account is blacklisted");
        ledger.withdraw(carol.addr, 70_000);
    }

    // Releasing

    function test_claim_and_release_closes_at_once() public {
        IUsageTypes.ClaimRow memory row = _row(id, 1, 4e6);
        (IUsageTypes.Release memory r, bytes memory signature) = _release(id, 4e6);
        controller.claimAndRelease(row, r, signature, CID);
        IUsageTypes.ChannelState memory c = controller.channel(id);
        vm.assertTrue(c.state == IUsageTypes.State.Closed);
        vm.assertEq(controller.free(payer.addr), 96e6);
        vm.assertEq(controller.session(c.session).used, 4e6);
        _expectSkip(_row(id, 2, 5e6), IUsageTypes.SkipReason.ChannelClosed);
    }

    function test_release_with_nothing_new_needs_no_claim() public {
        _claim(id, 1, 4e6);
        IUsageTypes.ClaimRow memory row;
        row.claim.channelId = id;
        row.claim.spent = 4e6;
        (IUsageTypes.Release memory r, bytes memory signature) = _release(id, 4e6);
        controller.claimAndRelease(row, r, signature, CID);
        vm.assertEq(controller.free(payer.addr), 96e6);
    }

    function test_a_cap_is_recycled_by_release() public {
        bytes32 session = controller.channel(id).session;
        _closeBy(id, 1e6);
        for (uint32 lane = 1; lane < 5; ++lane) {
            IUsageTypes.Lock memory l = _lockTerms(session, 40e6);
            l.lane = lane;
            _closeBy(_lock(l), 1e6);
        }
        vm.assertEq(controller.session(session).used, 5e6);
        vm.assertEq(controller.free(payer.addr), 95e6);
    }

    function test_error_only_the_provider_releases() public {
        IUsageTypes.ClaimRow memory row;
        row.claim.channelId = id;
        IUsageTypes.Release memory r = IUsageTypes.Release(id, 0, FAR);
        bytes memory signature = _signUsage(payer, hasher.hashRelease(r));
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.BadSignature.selector, provider.addr));
        controller.claimAndRelease(row, r, signature, CID);
    }

    function test_error_release_and_claim_must_agree() public {
        IUsageTypes.ClaimRow memory row = _row(id, 1, 4e6);
        (IUsageTypes.Release memory r, bytes memory signature) = _release(id, 3e6);
        vm.expectRevert(abi.encodeWithSelector(IUsageController.ReleaseMismatch.selector, id, 3e6, 4e6));
        controller.claimAndRelease(row, r, signature, CID);
        row.voucherSig = "";
        (r, signature) = _release(id, 4e6);
        vm.expectRevert(
            abi.encodeWithSelector(
                IUsageController.ClaimRefused.selector, id, IUsageTypes.SkipReason.BadVoucherSignature
            )
        );
        controller.claimAndRelease(row, r, signature, CID);
    }

    function test_a_provider_posts_its_batch_again() public {
        vm.prank(provider.addr);
        vm.expectEmit(address(controller));
        emit IUsageController.BatchPosted(provider.addr, keccak256("batch"), "elsewhere");
        controller.postBatch(keccak256("batch"), "elsewhere");
    }

    // The model is sold

    function test_a_sale_moves_neither_earned_credit_nor_the_creators_share() public {
        _claim(id, 1, 1e6);
        vm.prank(alice.addr);
        nft.transferFrom(alice.addr, bob.addr, modelId);
        vm.assertEq(ledger.creditOf(alice.addr), 100_000);
        vm.assertEq(ledger.creditOf(bob.addr), 0);
        _claim(id, 2, 3e6);
        vm.assertEq(ledger.creditOf(alice.addr), 100_000);
        vm.assertEq(ledger.creditOf(bob.addr), 200_000);
        vm.assertEq(ledger.creditOf(carol.addr), 210_000);
        vm.assertEq(ledger.creditOf(dave.addr), 90_000);
    }

    function _expectSkip(IUsageTypes.ClaimRow memory row, IUsageTypes.SkipReason reason) private {
        uint256 claimed = controller.channel(id).claimed;
        vm.expectEmit(address(controller));
        emit IUsageController.ClaimSkipped(row.claim.channelId, provider.addr, reason);
        controller.claim(_rows(row), CID);
        vm.assertEq(controller.channel(id).claimed, claimed);
    }

    function _requestClose() private {
        vm.prank(payer.addr);
        controller.requestClose(id);
    }

    function _closeBy(bytes32 channelId, uint256 spent) private {
        (IUsageTypes.Release memory r, bytes memory signature) = _release(channelId, spent);
        controller.claimAndRelease(_row(channelId, 1, spent), r, signature, CID);
    }
}
