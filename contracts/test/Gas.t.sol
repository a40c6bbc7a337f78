// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEngagementOracle} from "../src/interfaces/IEngagementOracle.sol";
import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {IProviderRegistry} from "../src/interfaces/IProviderRegistry.sol";
import {IRevenueLedger} from "../src/interfaces/IRevenueLedger.sol";
import {IUsageTypes} from "../src/interfaces/IUsageTypes.sol";
import {Network} from "./support/Network.sol";
import {vm} from "./support/Vm.sol";

/// @title What each action costs: written to contracts/snapshots, and far from what a transaction may cost
/// @dev Each call is a transaction of its own, so the numbers are gas used on the chain, calldata and refunds included.
/// forge-config: default.isolate = true
contract GasTest is Network {
    uint256 private constant MAX_TRANSACTION_GAS = 2 ** 24;

    function setUp() public {
        _deploy(250, 1 hours);
    }

    function test_publishing() public {
        IModelRegistry.Mint memory m = _mintMessage();
        bytes memory signature = _signRegistry(alice, hasher.hash(m));
        registry.mint(m, signature);
        _snapshot("registry", "mint with two creators");

        IModelRegistry.Publish memory p = IModelRegistry.Publish(REPO, CID, keccak256("2"), 4, m.root, 0);
        signature = _signRegistry(alice, hasher.hash(p));
        registry.publish(p, signature);
        _snapshot("registry", "publish");

        IModelRegistry.SetTag memory t = IModelRegistry.SetTag(modelId, "main", p.root, 0, 0);
        signature = _signRegistry(alice, hasher.hash(t));
        registry.setTag(t, signature);
        _snapshot("registry", "set a tag");

        vm.prank(alice.addr);
        nft.transferFrom(alice.addr, bob.addr, modelId);
        _snapshot("registry", "transfer");
    }

    function test_the_largest_mint() public {
        IModelRegistry.Mint memory m = _mintMessage();
        m.repo = string.concat("dataset:", _text(47), "/", _text(48));
        m.manifestCid = new bytes(64);
        m.creators = new address[](32);
        m.shares = new uint16[](32);
        for (uint160 i = 0; i < 32; ++i) {
            (m.creators[i], m.shares[i]) = (address(i + 1), 300);
        }
        m.shares[0] += 400;
        bytes memory signature = _signRegistry(alice, hasher.hash(m));
        registry.mint(m, signature);
        _snapshot("registry", "mint with 32 creators and the longest name");
    }

    function test_paying() public {
        _mintModel();
        usdc.mint(payer.addr, 100e6);
        IUsageTypes.Session memory s = _sessionTerms();
        bytes32 session = hasher.hash(s);
        bytes memory signature = _authorization(payer, address(controller), 100e6, session);
        controller.depositWithSession(s, 100e6, 0, type(uint256).max, signature);
        _snapshot("usage", "deposit and open a session");

        IUsageTypes.Lock memory l = _lockTerms(session, 10e6);
        signature = _signUsage(sessionKey, hasher.hash(l));
        controller.lock(l, new bytes32[](0), signature);
        _snapshot("usage", "lock: open a channel");

        bytes32 id = controller.channelId(session, provider.addr, modelId, 0);
        l = _lockTerms(session, 10e6);
        signature = _signUsage(sessionKey, hasher.hash(l));
        controller.lock(l, new bytes32[](0), signature);
        _snapshot("usage", "lock: top up");

        _claimMeasured(_rows(_row(id, 1, 1e6)), "claim: the first of a provider and model");
        _claimMeasured(_rows(_row(id, 2, 2e6)), "claim: a later one");

        IUsageTypes.ClaimRow memory row = _row(id, 3, 3e6);
        (IUsageTypes.Release memory r, bytes memory releaseSig) = _release(id, 3e6);
        controller.claimAndRelease(row, r, releaseSig, CID);
        _snapshot("usage", "claim and release");

        IUsageTypes.Withdraw memory w = IUsageTypes.Withdraw(payer.addr, bob.addr, 1e6, 0, FAR);
        signature = _signUsage(payer, hasher.hashWithdraw(w));
        controller.withdrawBySig(w, signature);
        _snapshot("usage", "withdraw");
    }

    function test_claiming_many_channels_at_once() public {
        _mintModel();
        bytes32 session = _depositWithSession(_sessionTerms(), 100e6);
        IUsageTypes.ClaimRow[] memory rows = new IUsageTypes.ClaimRow[](128);
        for (uint32 lane = 0; lane < rows.length; ++lane) {
            IUsageTypes.Lock memory l = _lockTerms(session, 100_000);
            l.lane = lane;
            rows[lane] = _row(_lock(l), 1, 50_000);
        }
        _claimMeasured(rows, "claim: 128 channels");
    }

    function test_closing() public {
        _mintModel();
        bytes32 id = _openChannel(10e6);
        IUsageTypes.RequestClose memory r = IUsageTypes.RequestClose(id, FAR);
        bytes memory signature = _signUsage(sessionKey, hasher.hashRequestClose(r));
        controller.requestCloseBySig(r, signature);
        _snapshot("usage", "request close");
        vm.warp(START + 1 hours);
        controller.finalizeClose(id);
        _snapshot("usage", "finalize close");
    }

    function test_challenging() public {
        _mintModel();
        bytes32 id = _openChannel(10e6);
        _stake(provider, 100e6, "stake");
        _claim(id, 5, 3e6);
        IUsageTypes.Receipt memory a = _receipt(id, 5, 2e6);
        IUsageTypes.Receipt memory b = _receipt(id, 5, 3e6);
        bytes memory sigA = _signUsage(provider, hasher.hash(a));
        bytes memory sigB = _signUsage(provider, hasher.hash(b));
        controller.challenge(a, sigA, b, sigB);
        _snapshot("usage", "challenge");
    }

    function test_revenue() public {
        _mintModel();
        _claim(_openChannel(10e6), 1, 10e6);
        IRevenueLedger.Withdraw memory w = IRevenueLedger.Withdraw(carol.addr, carol.addr, 1e5, 0, FAR);
        bytes memory signature = _sign(carol, address(ledger), hasher.hashRevenueWithdraw(w));
        ledger.withdrawBySig(w, signature);
        _snapshot("revenue", "withdraw, collecting one model");

        usdc.mint(ledger.royaltyInbox(modelId), 1e6);
        ledger.sweepRoyalty(modelId);
        _snapshot("revenue", "sweep the first royalty");
    }

    function test_providing() public {
        IProviderRegistry.Register memory r = IProviderRegistry.Register(provider.addr, "http://127.0.0.1:4810", 0, FAR);
        bytes memory signature = _sign(provider, address(providers), hasher.hash(r));
        providers.register(r, signature);
        _snapshot("providers", "register");
        usdc.mint(provider.addr, 1e6);
        signature = _authorization(provider, address(providers), 1e6, "n");
        providers.stakeWithAuthorization(provider.addr, 1e6, 0, type(uint256).max, "n", signature);
        _snapshot("providers", "stake");
    }

    function test_signals() public {
        _mintModel();
        uint64 day = uint64(START / 1 days);
        vm.warp(START + 1 days);
        IEngagementOracle.Score memory s;
        (s.modelId, s.pulls) = (modelId, 9);
        oracle.post(day, "pulls", "usage", keccak256(bytes.concat(keccak256(abi.encode(s)))), CID);
        _snapshot("signals", "post the roots of a day");
        vm.warp(block.timestamp + 1 days);
        oracle.record(address(this), day, s, new bytes32[](0));
        _snapshot("signals", "record a score");
        badges.awardCreator(carol.addr, modelId);
        _snapshot("signals", "award a badge");
    }

    function _claimMeasured(IUsageTypes.ClaimRow[] memory rows, string memory name) private {
        controller.claim(rows, CID);
        _snapshot("usage", name);
    }

    function _snapshot(string memory group, string memory name) private {
        vm.assertLt(vm.snapshotGasLastCall(group, name), MAX_TRANSACTION_GAS);
    }

    function _text(uint256 length) private pure returns (string memory) {
        bytes memory text = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            text[i] = "a";
        }
        return string(text);
    }
}
