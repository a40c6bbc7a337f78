// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IEngagementOracle} from "../src/interfaces/IEngagementOracle.sol";
import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {IProviderRegistry} from "../src/interfaces/IProviderRegistry.sol";
import {IRevenueLedger} from "../src/interfaces/IRevenueLedger.sol";
import {IUsageController} from "../src/interfaces/IUsageController.sol";
import {IUsageTypes} from "../src/interfaces/IUsageTypes.sol";
import {Network} from "./support/Network.sol";
import {vm, Vm} from "./support/Vm.sol";

/// @title The vectors of spec/, which the TypeScript tests read too
contract VectorsTest is Network {
    function setUp() public {
        _deploy(250, 1 hours);
    }

    function test_session() public view {
        _checkAll("session", _session);
    }

    function test_lock() public view {
        _checkAll("lock", _lockHash);
    }

    function test_voucher() public view {
        _checkAll("voucher", _voucher);
    }

    function test_receipt() public view {
        _checkAll("receipt", _receiptHash);
    }

    function test_claim() public view {
        _checkAll("claim", _claimHash);
    }

    function test_release() public view {
        _checkAll("release", _releaseHash);
    }

    function test_request_close() public view {
        _checkAll("request-close", _requestClose);
    }

    function test_revoke() public view {
        _checkAll("revoke", _revoke);
    }

    function test_withdraw() public view {
        _checkAll("withdraw", _withdraw);
    }

    function test_withdraw_credit() public view {
        _checkAll("withdraw-credit", _withdrawCredit);
    }

    function test_revenue_withdraw() public view {
        _checkAll("revenue-withdraw", _revenueWithdraw);
    }

    function test_mint() public view {
        _checkAll("mint", _mintHash);
    }

    function test_publish() public view {
        _checkAll("publish", _publish);
    }

    function test_delegate() public view {
        _checkAll("delegate", _delegate);
    }

    function test_set_terms() public view {
        _checkAll("set-terms", _setTerms);
    }

    function test_register() public view {
        _checkAll("register", _register);
    }

    function test_pull_receipt() public view {
        string[] memory files = _files("pull-receipt/valid");
        bytes32 domain = _domain("DeHug Signals", "1", block.chainid, address(oracle));
        for (uint256 i = 0; i < files.length; ++i) {
            string memory j = vm.readFile(files[i]);
            IEngagementOracle.PullReceipt memory r = IEngagementOracle.PullReceipt(
                _string(j, "repo"),
                _bytes32(j, "versionRoot"),
                _address(j, "puller"),
                _bytes32(j, "tag"),
                uint32(_uint(j, "day"))
            );
            vm.assertEq(oracle.pullDigest(r), _digest(domain, vm.parseJsonBytes32(j, ".structHash")), files[i]);
        }
    }

    function test_contracts_have_the_domains_of_the_vectors() public view {
        _checkDomain("session", address(controller));
        _checkDomain("mint", address(registry));
        _checkDomain("revenue-withdraw", address(ledger));
        _checkDomain("register", address(providers));
        _checkDomain("pull-receipt", address(oracle));
    }

    function test_channel_ids() public {
        string[] memory files = _files("channel/valid");
        for (uint256 i = 0; i < files.length; ++i) {
            string memory json = vm.readFile(files[i]);
            vm.chainId(_uint(json, "chainId"));
            address place = _address(json, "controller");
            vm.etch(place, address(controller).code);
            bytes32 id = IUsageController(place)
                .channelId(
                    _bytes32(json, "session"),
                    _address(json, "provider"),
                    _uint(json, "modelId"),
                    uint32(_uint(json, "lane"))
                );
            vm.assertEq(id, vm.parseJsonBytes32(json, ".id"), files[i]);
        }
    }

    function test_one_file_of_a_version_is_proved_on_chain() public {
        for (uint256 n = 1; n <= 3; ++n) {
            string memory json = vm.readFile(_path(string.concat("merkle/valid/files-", vm.toString(n), ".json")));
            _mintWithRoot(n, vm.parseJsonBytes32(json, ".root"));
            vm.assertTrue(_verifyLastFile(json, n, 0));
            vm.assertFalse(_verifyLastFile(json, n, 1));
        }
    }

    function test_repository_keys() public view {
        string[] memory files = _files("repo-id/valid");
        for (uint256 i = 0; i < files.length; ++i) {
            string memory json = vm.readFile(files[i]);
            string memory key = vm.parseJsonString(json, ".key");
            hasher.parseRepoKey(key);
            vm.assertEq(uint256(keccak256(bytes(key))), vm.parseJsonUint(json, ".modelId"));
        }
    }

    function test_error_bad_repository_keys() public {
        string[] memory files = _files("repo-id/invalid");
        for (uint256 i = 0; i < files.length; ++i) {
            string memory text = vm.parseJsonString(vm.readFile(files[i]), ".text");
            string memory key = vm.split(text, ":").length > 1 ? text : string.concat("model:", text);
            vm.expectRevert(abi.encodeWithSelector(IModelRegistry.BadRepoKey.selector, key));
            hasher.parseRepoKey(key);
        }
    }

    function test_split_of_a_claim() public {
        string[] memory files = _files("split/valid");
        for (uint256 i = 0; i < files.length; ++i) {
            string memory json = vm.readFile(files[i]);
            _deploy(uint16(vm.parseJsonUint(json, ".feeBps")), 1 hours);
            IModelRegistry.Mint memory m = _mintMessage();
            m.creatorBps = uint16(vm.parseJsonUint(json, ".creatorBps"));
            _mint(m, alice);
            uint256 delta = vm.parseJsonUint(json, ".delta");
            _claim(_openChannel(delta), 1, delta);
            (uint256 creatorTotal, uint256 holderTotal) = ledger.modelTotals(modelId);
            vm.assertEq(controller.credit(provider.addr), vm.parseJsonUint(json, ".provider"), files[i]);
            vm.assertEq(controller.credit(treasury.addr), vm.parseJsonUint(json, ".protocolFee"), files[i]);
            vm.assertEq(creatorTotal + holderTotal, vm.parseJsonUint(json, ".model"), files[i]);
        }
    }

    // Reading

    function _checkAll(string memory noun, function(string memory) internal view returns (bytes32) structHash)
        private
        view
    {
        string[] memory files = _files(string.concat(noun, "/valid"));
        for (uint256 i = 0; i < files.length; ++i) {
            string memory json = vm.readFile(files[i]);
            bytes32 hash = structHash(json);
            vm.assertEq(hash, vm.parseJsonBytes32(json, ".structHash"), files[i]);
            vm.assertEq(_digest(_domainIn(json), hash), vm.parseJsonBytes32(json, ".digest"), files[i]);
        }
    }

    function _checkDomain(string memory noun, address contractAddress) private view {
        string memory json = vm.readFile(_files(string.concat(noun, "/valid"))[0]);
        (, string memory name, string memory version,,,,) = IERC5267(contractAddress).eip712Domain();
        vm.assertEq(name, vm.parseJsonString(json, ".domain.name"));
        vm.assertEq(version, vm.parseJsonString(json, ".domain.version"));
    }

    function _domainIn(string memory json) private pure returns (bytes32) {
        return _domain(
            vm.parseJsonString(json, ".domain.name"),
            vm.parseJsonString(json, ".domain.version"),
            vm.parseJsonUint(json, ".domain.chainId"),
            vm.parseJsonAddress(json, ".domain.verifyingContract")
        );
    }

    function _files(string memory folder) private view returns (string[] memory files) {
        Vm.DirEntry[] memory entries = vm.readDir(_path(folder));
        vm.assertTrue(entries.length > 0, folder);
        files = new string[](entries.length);
        for (uint256 i = 0; i < entries.length; ++i) {
            files[i] = entries[i].path;
        }
    }

    function _path(string memory name) private view returns (string memory) {
        return string.concat(vm.projectRoot(), "/spec/vectors/", name);
    }

    function _uint(string memory json, string memory field) private pure returns (uint256) {
        return vm.parseJsonUint(json, string.concat(".value.", field));
    }

    function _uint64(string memory json, string memory field) private pure returns (uint64) {
        return uint64(_uint(json, field));
    }

    function _address(string memory json, string memory field) private pure returns (address) {
        return vm.parseJsonAddress(json, string.concat(".value.", field));
    }

    function _bytes32(string memory json, string memory field) private pure returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(".value.", field));
    }

    function _string(string memory json, string memory field) private pure returns (string memory) {
        return vm.parseJsonString(json, string.concat(".value.", field));
    }

    // Nouns

    function _session(string memory j) private view returns (bytes32) {
        IUsageTypes.Session memory s = IUsageTypes.Session({
            payer: _address(j, "payer"),
            key: _address(j, "key"),
            cap: _uint(j, "cap"),
            expiry: _uint64(j, "expiry"),
            modelsRoot: _bytes32(j, "modelsRoot"),
            salt: _bytes32(j, "salt")
        });
        return hasher.hash(s);
    }

    function _lockHash(string memory j) private view returns (bytes32) {
        IUsageTypes.Lock memory l = IUsageTypes.Lock({
            session: _bytes32(j, "session"),
            provider: _address(j, "provider"),
            modelId: _uint(j, "modelId"),
            lane: uint32(_uint(j, "lane")),
            add: _uint(j, "add"),
            maxCreatorBps: uint16(_uint(j, "maxCreatorBps")),
            nonce: _uint64(j, "nonce"),
            deadline: _uint64(j, "deadline")
        });
        return hasher.hash(l);
    }

    function _voucher(string memory j) private view returns (bytes32) {
        return hasher.hash(
            IUsageTypes.Voucher(_bytes32(j, "channelId"), _uint64(j, "n"), _uint(j, "ceiling"), _bytes32(j, "context"))
        );
    }

    function _receiptHash(string memory j) private view returns (bytes32) {
        IUsageTypes.Receipt memory r;
        r.channelId = _bytes32(j, "channelId");
        r.seq = _uint64(j, "seq");
        r.jobId = _bytes32(j, "jobId");
        r.context = _bytes32(j, "context");
        r.status = uint8(_uint(j, "status"));
        r.unitsIn = _uint64(j, "unitsIn");
        r.unitsOut = _uint64(j, "unitsOut");
        r.unitsMs = _uint64(j, "unitsMs");
        r.fee = _uint(j, "fee");
        r.spent = _uint(j, "spent");
        r.answerHash = _bytes32(j, "answerHash");
        r.versionRoot = _bytes32(j, "versionRoot");
        r.engine = _bytes32(j, "engine");
        r.startedAt = _uint64(j, "startedAt");
        r.finishedAt = _uint64(j, "finishedAt");
        return hasher.hash(r);
    }

    function _claimHash(string memory j) private view returns (bytes32) {
        return hasher.hashClaim(
            IUsageTypes.Claim(_bytes32(j, "channelId"), _uint64(j, "seq"), _uint(j, "spent"), _bytes32(j, "batchRoot"))
        );
    }

    function _releaseHash(string memory j) private view returns (bytes32) {
        return
            hasher.hashRelease(IUsageTypes.Release(_bytes32(j, "channelId"), _uint(j, "spent"), _uint64(j, "deadline")));
    }

    function _requestClose(string memory j) private view returns (bytes32) {
        return hasher.hashRequestClose(IUsageTypes.RequestClose(_bytes32(j, "channelId"), _uint64(j, "deadline")));
    }

    function _revoke(string memory j) private view returns (bytes32) {
        return hasher.hashRevoke(IUsageTypes.Revoke(_bytes32(j, "session"), _uint64(j, "deadline")));
    }

    function _withdraw(string memory j) private view returns (bytes32) {
        return hasher.hashWithdraw(
            IUsageTypes.Withdraw(
                _address(j, "payer"), _address(j, "to"), _uint(j, "amount"), _uint64(j, "nonce"), _uint64(j, "deadline")
            )
        );
    }

    function _withdrawCredit(string memory j) private view returns (bytes32) {
        return hasher.hashWithdrawCredit(
            IUsageTypes.WithdrawCredit(
                _address(j, "account"),
                _address(j, "to"),
                _uint(j, "amount"),
                _uint64(j, "nonce"),
                _uint64(j, "deadline")
            )
        );
    }

    function _revenueWithdraw(string memory j) private view returns (bytes32) {
        return hasher.hashRevenueWithdraw(
            IRevenueLedger.Withdraw(
                _address(j, "account"),
                _address(j, "to"),
                _uint(j, "amount"),
                _uint64(j, "nonce"),
                _uint64(j, "deadline")
            )
        );
    }

    function _mintHash(string memory j) private view returns (bytes32) {
        IModelRegistry.Mint memory m;
        m.repo = _string(j, "repo");
        m.manifestCid = vm.parseJsonBytes(j, ".value.manifestCid");
        m.root = _bytes32(j, "root");
        m.fileCount = _uint64(j, "fileCount");
        m.owner = _address(j, "owner");
        m.creators = vm.parseJsonAddressArray(j, ".value.creators");
        uint256[] memory shares = vm.parseJsonUintArray(j, ".value.shares");
        m.shares = new uint16[](shares.length);
        for (uint256 i = 0; i < shares.length; ++i) {
            m.shares[i] = uint16(shares[i]);
        }
        m.creatorBps = uint16(_uint(j, "creatorBps"));
        m.creatorShareBps = uint16(_uint(j, "creatorShareBps"));
        m.royaltyBps = uint16(_uint(j, "royaltyBps"));
        m.deadline = _uint64(j, "deadline");
        return hasher.hash(m);
    }

    function _publish(string memory j) private view returns (bytes32) {
        IModelRegistry.Publish memory p = IModelRegistry.Publish({
            repo: _string(j, "repo"),
            manifestCid: vm.parseJsonBytes(j, ".value.manifestCid"),
            root: _bytes32(j, "root"),
            fileCount: _uint64(j, "fileCount"),
            parent: _bytes32(j, "parent"),
            ownerEpoch: _uint64(j, "ownerEpoch")
        });
        return hasher.hash(p);
    }

    function _delegate(string memory j) private view returns (bytes32) {
        IModelRegistry.Delegate memory d = IModelRegistry.Delegate({
            modelId: _uint(j, "modelId"),
            delegate: _address(j, "delegate"),
            expiry: _uint64(j, "expiry"),
            ownerEpoch: _uint64(j, "ownerEpoch")
        });
        return hasher.hash(d);
    }

    function _setTerms(string memory j) private view returns (bytes32) {
        IModelRegistry.SetTerms memory t = IModelRegistry.SetTerms({
            modelId: _uint(j, "modelId"),
            creatorBps: uint16(_uint(j, "creatorBps")),
            termsHash: _bytes32(j, "termsHash"),
            ownerEpoch: _uint64(j, "ownerEpoch"),
            nonce: _uint64(j, "nonce"),
            deadline: _uint64(j, "deadline")
        });
        return hasher.hash(t);
    }

    function _register(string memory j) private view returns (bytes32) {
        return hasher.hash(
            IProviderRegistry.Register(
                _address(j, "provider"), _string(j, "url"), _uint64(j, "nonce"), _uint64(j, "deadline")
            )
        );
    }

    // Merkle

    function _mintWithRoot(uint256 n, bytes32 root) private {
        IModelRegistry.Mint memory m = _mintMessage();
        m.repo = string.concat("model:alice/", vm.toString(n));
        m.root = root;
        _mint(m, alice);
    }

    function _verifyLastFile(string memory json, uint256 n, uint64 sizeError) private view returns (bool) {
        string memory file = string.concat(".files[", vm.toString(n - 1), "]");
        return registry.verifyFile(
            uint256(keccak256(bytes(string.concat("model:alice/", vm.toString(n))))),
            vm.parseJsonBytes32(json, ".root"),
            vm.parseJsonString(json, string.concat(file, ".path")),
            uint64(vm.parseJsonUint(json, string.concat(file, ".size"))) + sizeError,
            vm.parseBytes32(string.concat("0x", vm.parseJsonString(json, string.concat(file, ".sha256")))),
            vm.parseJsonBytes(json, string.concat(file, ".cidBytes")),
            vm.parseJsonBytes32Array(json, ".proofOfLast")
        );
    }
}
