// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IModelRegistry} from "../../src/interfaces/IModelRegistry.sol";
import {IProviderRegistry} from "../../src/interfaces/IProviderRegistry.sol";
import {IUsageTypes} from "../../src/interfaces/IUsageTypes.sol";
import {Badges} from "../../src/Badges.sol";
import {EngagementOracle} from "../../src/EngagementOracle.sol";
import {ModelNFT} from "../../src/ModelNFT.sol";
import {ModelRegistry} from "../../src/ModelRegistry.sol";
import {ProviderRegistry} from "../../src/ProviderRegistry.sol";
import {RevenueLedger} from "../../src/RevenueLedger.sol";
import {UsageController} from "../../src/UsageController.sol";
import {Hasher} from "./Hasher.sol";
import {IFiatToken, USDC} from "./USDC.sol";
import {vm} from "./Vm.sol";

/// @title All contracts with genuine USDC, and people who sign
abstract contract Network {
    struct Account {
        address addr;
        uint256 key;
    }

    uint256 internal constant START = 1_800_000_000;
    uint64 internal constant FAR = type(uint64).max;
    string internal constant REPO = "model:alice/chat";
    bytes internal constant CID = hex"01551220daba8c984363447d18bf8210079973ac8fc1ce76864315b5baacf246bf6e72f6";

    bytes32 private constant RECEIVE_WITH_AUTHORIZATION = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    IFiatToken internal usdc;
    ModelNFT internal nft;
    RevenueLedger internal ledger;
    ModelRegistry internal registry;
    ProviderRegistry internal providers;
    UsageController internal controller;
    EngagementOracle internal oracle;
    Badges internal badges;
    Hasher internal hasher = new Hasher();

    Account internal steward = _account("steward");
    Account internal treasury = _account("treasury");
    Account internal alice = _account("alice, who owns the namespace and the model");
    Account internal bob = _account("bob, who buys the model");
    Account internal carol = _account("carol, a creator");
    Account internal dave = _account("dave, a creator");
    Account internal payer = _account("payer");
    Account internal sessionKey = _account("session key");
    Account internal provider = _account("provider");
    Account internal mallory = _account("mallory");

    uint256 internal modelId = uint256(keccak256(bytes(REPO)));
    uint64 private _lockNonce;

    // Deployment

    function _deploy(uint16 feeBps, uint32 window) internal {
        vm.warp(START);
        usdc = USDC.deploy(address(this));
        usdc.configureMinter(address(this), type(uint256).max);
        uint256 n = vm.getNonce(address(this));
        address ledgerAt = vm.computeCreateAddress(address(this), n + 1);
        address registryAt = vm.computeCreateAddress(address(this), n + 2);
        address controllerAt = vm.computeCreateAddress(address(this), n + 4);
        nft = new ModelNFT(registryAt, ledgerAt);
        ledger = new RevenueLedger(address(usdc), address(nft), registryAt, controllerAt);
        registry = new ModelRegistry(address(nft), ledgerAt);
        providers = new ProviderRegistry(address(usdc), controllerAt);
        controller = new UsageController(
            address(usdc), registryAt, ledgerAt, address(providers), steward.addr, treasury.addr, feeBps, window
        );
        oracle = new EngagementOracle(registryAt, address(controller), 1 days);
        badges = new Badges(ledgerAt, address(controller), 1 days);
    }

    function _account(string memory name) internal returns (Account memory a) {
        a.key = uint256(keccak256(bytes(name)));
        a.addr = vm.addr(a.key);
        vm.label(a.addr, name);
    }

    // Signing

    function _sign(Account memory by, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(by.key, digest);
        return abi.encodePacked(r, s, v);
    }

    function _sign(Account memory by, address verifier, bytes32 structHash) internal view returns (bytes memory) {
        return _sign(by, _digest(_domainOf(verifier), structHash));
    }

    /// @dev The same signature with s mirrored, which ecrecover accepts and the contracts must not.
    function _highS(bytes memory signature) internal pure returns (bytes memory) {
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        (bytes32 r, uint256 s, uint8 v) = (0, 0, uint8(signature[64]));
        assembly {
            r := mload(add(signature, 32))
            s := mload(add(signature, 64))
        }
        return abi.encodePacked(r, order - s, v == 27 ? 28 : 27);
    }

    function _signUsage(Account memory by, bytes32 structHash) internal view returns (bytes memory) {
        return _sign(by, address(controller), structHash);
    }

    function _signRegistry(Account memory by, bytes32 structHash) internal view returns (bytes memory) {
        return _sign(by, address(registry), structHash);
    }

    function _digest(bytes32 domain, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function _domain(string memory name, string memory version, uint256 chainId, address verifier)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(DOMAIN, keccak256(bytes(name)), keccak256(bytes(version)), chainId, verifier));
    }

    function _domainOf(address verifier) private view returns (bytes32) {
        (, string memory name, string memory version, uint256 chainId, address where,,) =
            IERC5267(verifier).eip712Domain();
        return _domain(name, version, chainId, where);
    }

    function _authorization(Account memory from, address to, uint256 amount, bytes32 nonce)
        internal
        view
        returns (bytes memory)
    {
        bytes32 structHash = keccak256(
            abi.encode(RECEIVE_WITH_AUTHORIZATION, from.addr, to, amount, uint256(0), type(uint256).max, nonce)
        );
        return _sign(from, _digest(usdc.DOMAIN_SEPARATOR(), structHash));
    }

    // Models

    function _mintMessage() internal view returns (IModelRegistry.Mint memory m) {
        m.repo = REPO;
        m.manifestCid = CID;
        m.root = keccak256("version 1");
        m.fileCount = 3;
        m.owner = alice.addr;
        m.creators = new address[](2);
        (m.creators[0], m.creators[1]) = (carol.addr, dave.addr);
        m.shares = new uint16[](2);
        (m.shares[0], m.shares[1]) = (7000, 3000);
        m.creatorBps = 2000;
        m.creatorShareBps = 5000;
        m.royaltyBps = 500;
        m.deadline = FAR;
    }

    function _mint(IModelRegistry.Mint memory m, Account memory by) internal returns (uint256) {
        return registry.mint(m, _signRegistry(by, hasher.hash(m)));
    }

    function _mintModel() internal {
        _mint(_mintMessage(), alice);
    }

    // Paying

    function _sessionTerms() internal view returns (IUsageTypes.Session memory s) {
        s.payer = payer.addr;
        s.key = sessionKey.addr;
        s.cap = 50e6;
        s.expiry = uint64(block.timestamp + 30 days);
        s.salt = keccak256("salt");
    }

    /// @dev One signature: deposits `amount` of freshly minted USDC and opens the session.
    function _depositWithSession(IUsageTypes.Session memory s, uint256 amount) internal returns (bytes32 id) {
        usdc.mint(s.payer, amount);
        id = hasher.hash(s);
        bytes memory signature = _authorization(payer, address(controller), amount, id);
        controller.depositWithSession(s, amount, 0, type(uint256).max, signature);
    }

    function _lockTerms(bytes32 session, uint256 add) internal returns (IUsageTypes.Lock memory l) {
        l.session = session;
        l.provider = provider.addr;
        l.modelId = modelId;
        l.add = add;
        l.maxCreatorBps = 10_000;
        l.nonce = _lockNonce++;
        l.deadline = FAR;
    }

    function _lock(IUsageTypes.Lock memory l) internal returns (bytes32) {
        return controller.lock(l, new bytes32[](0), _signUsage(sessionKey, hasher.hash(l)));
    }

    /// @dev A payer with a session of cap 50 USDC and 100 USDC, and a channel that holds `locked`.
    function _openChannel(uint256 locked) internal returns (bytes32 channelId) {
        bytes32 session = _depositWithSession(_sessionTerms(), 100e6);
        return _lock(_lockTerms(session, locked));
    }

    function _row(bytes32 channelId, uint64 seq, uint256 spent)
        internal
        view
        returns (IUsageTypes.ClaimRow memory row)
    {
        row.claim = IUsageTypes.Claim(channelId, seq, spent, keccak256("batch"));
        row.voucher = IUsageTypes.Voucher(channelId, seq, spent, keccak256("context"));
        _signRow(row);
    }

    function _signRow(IUsageTypes.ClaimRow memory row) internal view {
        row.claimSig = _signUsage(provider, hasher.hashClaim(row.claim));
        row.voucherSig = _signUsage(sessionKey, hasher.hash(row.voucher));
    }

    function _rows(IUsageTypes.ClaimRow memory row) internal pure returns (IUsageTypes.ClaimRow[] memory rows) {
        rows = new IUsageTypes.ClaimRow[](1);
        rows[0] = row;
    }

    function _claim(bytes32 channelId, uint64 seq, uint256 spent) internal {
        controller.claim(_rows(_row(channelId, seq, spent)), CID);
    }

    function _release(bytes32 channelId, uint256 spent)
        internal
        view
        returns (IUsageTypes.Release memory r, bytes memory signature)
    {
        r = IUsageTypes.Release(channelId, spent, FAR);
        signature = _signUsage(provider, hasher.hashRelease(r));
    }

    function _receipt(bytes32 channelId, uint64 seq, uint256 spent)
        internal
        pure
        returns (IUsageTypes.Receipt memory r)
    {
        r.channelId = channelId;
        r.seq = seq;
        r.spent = spent;
    }

    // Providers

    function _stake(Account memory who, uint256 amount, bytes32 nonce) internal {
        usdc.mint(who.addr, amount);
        bytes memory signature = _authorization(who, address(providers), amount, nonce);
        providers.stakeWithAuthorization(who.addr, amount, 0, type(uint256).max, nonce, signature);
    }

    function _unbond(Account memory who, uint256 amount, uint64 nonce) internal {
        IProviderRegistry.Unbond memory u = IProviderRegistry.Unbond(who.addr, amount, nonce, FAR);
        providers.unbond(u, _sign(who, address(providers), hasher.hashUnbond(u)));
    }

    // Books

    function _held() internal view returns (uint256) {
        return
            usdc.balanceOf(address(controller)) + usdc.balanceOf(address(ledger)) + usdc.balanceOf(address(providers));
    }

    function _bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + value % (high - low + 1);
    }
}
