// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelNFT} from "../src/interfaces/IModelNFT.sol";
import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {IRevenueLedger} from "../src/interfaces/IRevenueLedger.sol";
import {ISignedActions} from "../src/interfaces/ISignedActions.sol";
import {Network} from "./support/Network.sol";
import {vm} from "./support/Vm.sol";
import {Wallet} from "./support/Wallets.sol";

contract ModelRegistryTest is Network {
    bytes32 private constant V1 = keccak256("version 1");
    bytes32 private constant V2 = keccak256("version 2");

    function setUp() public {
        _deploy(250, 1 hours);
    }

    // Mint

    function test_one_signature_claims_the_namespace_mints_and_anchors_version_1() public {
        uint256 id = _mint(_mintMessage(), alice);
        IModelRegistry.Model memory m = registry.model(id);
        vm.assertEq(id, uint256(keccak256("model:alice/chat")));
        vm.assertEq(registry.resolve(REPO), id);
        vm.assertEq(registry.namespaceOwner("alice"), alice.addr);
        vm.assertEq(m.owner, alice.addr);
        vm.assertEq(m.head, V1);
        vm.assertEq(m.versions, 1);
        vm.assertEq(m.creatorBps, 2000);
        vm.assertEq(m.ownerEpoch, 0);
        IModelRegistry.Version memory v = registry.version(id, V1);
        vm.assertEq(v.manifestCid, CID);
        vm.assertEq(v.fileCount, 3);
        vm.assertEq(v.publisher, alice.addr);
        vm.assertEq(v.at, START);
        vm.assertEq(v.index, 1);
    }

    function test_an_ERC1271_wallet_owns_and_publishes() public {
        Wallet wallet = new Wallet(alice.addr);
        IModelRegistry.Mint memory m = _mintMessage();
        m.owner = address(wallet);
        _mint(m, alice);
        _publish(_publishMessage(V2, V1), alice);
        vm.assertEq(registry.version(modelId, V2).publisher, address(wallet));
    }

    function test_a_namespace_owner_mints_to_somebody_else() public {
        _mintModel();
        IModelRegistry.Mint memory m = _mintMessage();
        m.repo = "dataset:alice/chat";
        m.owner = bob.addr;
        uint256 id = _mint(m, alice);
        vm.assertEq(nft.ownerOf(id), bob.addr);
    }

    function test_error_only_the_namespace_owner_mints_in_it() public {
        _mintModel();
        IModelRegistry.Mint memory m = _mintMessage();
        m.repo = "model:alice/other";
        m.owner = mallory.addr;
        bytes memory signature = _signRegistry(mallory, hasher.hash(m));
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.BadSignature.selector, alice.addr));
        registry.mint(m, signature);
    }

    function test_error_a_key_is_minted_once() public {
        _mintModel();
        bytes memory signature = _signRegistry(alice, hasher.hash(_mintMessage()));
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.RepoTaken.selector, REPO, modelId));
        registry.mint(_mintMessage(), signature);
    }

    function test_error_bad_mints() public {
        IModelRegistry.Mint memory m = _mintMessage();
        m.deadline = uint64(START - 1);
        _refuse(m, abi.encodeWithSelector(ISignedActions.Expired.selector, m.deadline));
        m = _mintMessage();
        m.owner = address(0);
        _refuse(m, abi.encodeWithSelector(IModelRegistry.ZeroAddress.selector));
        m = _mintMessage();
        m.creatorBps = 9501;
        _refuse(m, abi.encodeWithSelector(IModelRegistry.CreatorBpsTooHigh.selector, 9501, 9500));
        m = _mintMessage();
        m.creatorShareBps = 10_001;
        _refuse(m, abi.encodeWithSelector(IRevenueLedger.CreatorShareTooHigh.selector, 10_001));
        m = _mintMessage();
        m.royaltyBps = 1001;
        _refuse(m, abi.encodeWithSelector(IModelNFT.RoyaltyTooHigh.selector, 1001, 1000));
        m = _mintMessage();
        m.root = 0;
        _refuse(m, abi.encodeWithSelector(IModelRegistry.BadManifest.selector, 0, 3, 36));
        m = _mintMessage();
        m.fileCount = 0;
        _refuse(m, abi.encodeWithSelector(IModelRegistry.BadManifest.selector, V1, 0, 36));
        m = _mintMessage();
        m.manifestCid = new bytes(65);
        _refuse(m, abi.encodeWithSelector(IModelRegistry.BadManifest.selector, V1, 3, 65));
        m = _mintMessage();
        m.repo = "model:Alice/chat";
        _refuse(m, abi.encodeWithSelector(IModelRegistry.BadRepoKey.selector, m.repo));
    }

    function test_error_bad_shares() public {
        IModelRegistry.Mint memory m = _mintMessage();
        m.shares[1] = 2999;
        _refuse(m, abi.encodeWithSelector(IRevenueLedger.BadShareSum.selector, 9999));
        m = _mintMessage();
        (m.shares[0], m.shares[1]) = (10_000, 0);
        _refuse(m, abi.encodeWithSelector(IRevenueLedger.BadCreator.selector, dave.addr, 0));
        m = _mintMessage();
        m.creators[1] = carol.addr;
        _refuse(m, abi.encodeWithSelector(IRevenueLedger.BadCreator.selector, carol.addr, 3000));
        m = _mintMessage();
        m.creators[0] = address(0);
        _refuse(m, abi.encodeWithSelector(IRevenueLedger.BadCreator.selector, address(0), 7000));
        m = _mintMessage();
        m.creators = new address[](0);
        _refuse(m, abi.encodeWithSelector(IRevenueLedger.BadCreatorCount.selector, 0, 2));
        m = _mintMessage();
        (m.creators, m.shares) = (new address[](33), new uint16[](33));
        _refuse(m, abi.encodeWithSelector(IRevenueLedger.BadCreatorCount.selector, 33, 33));
    }

    function testFuzz_error_a_changed_mint_does_not_verify(uint256 bit) public {
        IModelRegistry.Mint memory m = _mintMessage();
        bytes memory signature = _signRegistry(alice, hasher.hash(m));
        m.root = bytes32(uint256(m.root) ^ (1 << (bit % 256)));
        vm.expectRevert(abi.encodeWithSelector(ISignedActions.BadSignature.selector, alice.addr));
        registry.mint(m, signature);
    }

    function testFuzz_keys_of_arbitrary_bytes_never_break_the_parser(string calldata text) public view {
        try hasher.parseRepoKey(text) returns (bytes32, string memory namespace) {
            vm.assertLe(bytes(namespace).length, 94, "namespace and name share 96 characters");
            for (uint256 i = 0; i < bytes(text).length; ++i) {
                vm.assertFalse(bytes(text)[i] >= "A" && bytes(text)[i] <= "Z");
            }
        } catch (bytes memory reason) {
            vm.assertEq(reason, abi.encodeWithSelector(IModelRegistry.BadRepoKey.selector, text));
        }
    }

    // Publish

    function test_a_version_follows_its_parent() public {
        _mintModel();
        _publish(_publishMessage(V2, V1), alice);
        IModelRegistry.Version memory v = registry.version(modelId, V2);
        vm.assertEq(registry.model(modelId).head, V2);
        vm.assertEq(v.parent, V1);
        vm.assertEq(v.index, 2);
        vm.assertEq(registry.version(modelId, V1).index, 1);
    }

    function test_error_publishing_on_anything_but_the_head() public {
        _mintModel();
        _publish(_publishMessage(V2, V1), alice);
        _refusePublish(
            _publishMessage(keccak256("version 3"), V1),
            alice,
            abi.encodeWithSelector(IModelRegistry.ParentIsNotHead.selector, V1, V2)
        );
    }

    function test_error_a_version_is_published_once() public {
        _mintModel();
        _publish(_publishMessage(V2, V1), alice);
        _refusePublish(
            _publishMessage(V1, V2), alice, abi.encodeWithSelector(IModelRegistry.VersionExists.selector, modelId, V1)
        );
    }

    function test_error_unknown_repository() public {
        IModelRegistry.Publish memory p = _publishMessage(V2, V1);
        _refusePublish(p, alice, abi.encodeWithSelector(IModelRegistry.UnknownModel.selector, 0));
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownModel.selector, 7));
        registry.model(7);
        _mintModel();
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownVersion.selector, modelId, V2));
        registry.version(modelId, V2);
    }

    // Delegates

    function test_a_delegate_publishes_and_tags_until_the_expiry() public {
        _mintModel();
        _delegate(bob.addr, uint64(START + 1 days), 0, alice);
        _publish(_publishMessage(V2, V1), bob);
        vm.assertEq(registry.version(modelId, V2).publisher, bob.addr);
        _setTag("main", V2, 0, bob);
        vm.assertEq(registry.tagged(modelId, "main"), V2);

        vm.warp(START + 1 days + 1);
        _refusePublish(
            _publishMessage(keccak256("v3"), V2),
            bob,
            abi.encodeWithSelector(ISignedActions.BadSignature.selector, alice.addr)
        );
    }

    function test_error_a_dismissed_delegate_cannot_be_put_back_by_replay() public {
        _mintModel();
        bytes memory signature = _delegate(bob.addr, FAR, 0, alice);
        _delegate(bob.addr, 0, 0, alice);
        vm.assertEq(registry.delegateExpiry(modelId, bob.addr), 0);
        IModelRegistry.Delegate memory d = IModelRegistry.Delegate(modelId, bob.addr, FAR, 0);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.AlreadyApplied.selector, hasher.hash(d)));
        registry.delegate(d, signature);
    }

    function test_error_a_delegate_cannot_set_terms_deprecate_rename_or_delegate() public {
        _mintModel();
        _delegate(bob.addr, FAR, 0, alice);
        bytes memory reason = abi.encodeWithSelector(ISignedActions.BadSignature.selector, alice.addr);
        _refuseOwnerActions(bob, 0, reason);
    }

    // Nothing signed by a former holder works

    function test_error_nothing_signed_before_a_sale_works_after_it() public {
        _mintModel();
        _delegate(dave.addr, FAR, 0, alice);
        IModelRegistry.Publish memory p = _publishMessage(V2, V1);
        IModelRegistry.SetTag memory t = IModelRegistry.SetTag(modelId, "main", V1, 0, 0);
        _sell(alice, bob);
        bytes memory reason = abi.encodeWithSelector(IModelRegistry.OwnerEpochMismatch.selector, 0, 1);
        _refusePublish(p, alice, reason);
        _refusePublish(p, dave, reason);
        _refuseTag(t, alice, reason);
        _refuseOwnerActions(alice, 0, reason);
    }

    function test_error_a_former_holder_cannot_sign_for_the_new_epoch() public {
        _mintModel();
        _delegate(dave.addr, FAR, 0, alice);
        _sell(alice, bob);
        bytes memory reason = abi.encodeWithSelector(ISignedActions.BadSignature.selector, bob.addr);
        IModelRegistry.Publish memory p = _publishMessage(V2, V1);
        p.ownerEpoch = 1;
        _refusePublish(p, alice, reason);
        _refusePublish(p, dave, reason);
        _refuseTag(IModelRegistry.SetTag(modelId, "main", V1, 1, 0), alice, reason);
        _refuseOwnerActions(alice, 1, reason);
        _publish(p, bob);
    }

    function test_error_buying_back_does_not_revive_old_signatures() public {
        _mintModel();
        _sell(alice, bob);
        _sell(bob, alice);
        bytes memory reason = abi.encodeWithSelector(IModelRegistry.OwnerEpochMismatch.selector, 0, 2);
        _refusePublish(_publishMessage(V2, V1), alice, reason);
        _refuseOwnerActions(alice, 0, reason);
    }

    // Terms, tags, tombstones, names

    function test_terms_are_set_in_order() public {
        _mintModel();
        _setTerms(1500, 0, alice);
        _setTerms(1600, 5, alice);
        vm.assertEq(registry.creatorBps(modelId), 1600);
        vm.assertEq(registry.model(modelId).termsNonce, 6);
        IModelRegistry.SetTerms memory t = IModelRegistry.SetTerms(modelId, 1, 0, 0, 5, FAR);
        bytes memory signature = _signRegistry(alice, hasher.hash(t));
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.NonceTooLow.selector, 5, 6));
        registry.setTerms(t, signature);
    }

    function test_tags_move_in_order_and_go() public {
        _mintModel();
        _publish(_publishMessage(V2, V1), alice);
        _setTag("stable", V1, 0, alice);
        _setTag("stable", V2, 1, alice);
        vm.assertEq(registry.tagged(modelId, "stable"), V2);
        _refuseTag(
            IModelRegistry.SetTag(modelId, "stable", V1, 0, 0),
            alice,
            abi.encodeWithSelector(IModelRegistry.NonceTooLow.selector, 0, 2)
        );
        _refuseTag(
            IModelRegistry.SetTag(modelId, "stable", keccak256("?"), 0, 2),
            alice,
            abi.encodeWithSelector(IModelRegistry.UnknownVersion.selector, modelId, keccak256("?"))
        );
        _setTag("stable", 0, 2, alice);
        vm.assertEq(registry.tagged(modelId, "stable"), 0);
    }

    function test_a_tombstone_is_left_once() public {
        _mintModel();
        _publish(_publishMessage(V2, V1), alice);
        IModelRegistry.Deprecate memory d = IModelRegistry.Deprecate(modelId, V1, "wrong tokenizer", V2, 0);
        bytes memory signature = _signRegistry(alice, hasher.hash(d));
        registry.deprecate(d, signature);
        vm.assertTrue(registry.version(modelId, V1).deprecated);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.AlreadyDeprecated.selector, V1));
        registry.deprecate(d, signature);
    }

    function test_a_renamed_model_keeps_its_id_and_all_its_names() public {
        _mintModel();
        _rename("model:alice/chat-2", 0, alice);
        vm.assertEq(registry.resolve("model:alice/chat"), modelId);
        vm.assertEq(registry.resolve("model:alice/chat-2"), modelId);
        vm.assertEq(registry.model(modelId).repo, "model:alice/chat-2");
        _publish(_publishMessage(V2, V1), alice);
        vm.assertEq(registry.model(modelId).head, V2);
    }

    function test_a_buyer_moves_the_model_to_an_own_namespace() public {
        _mintModel();
        _sell(alice, bob);
        _rename("model:bob/chat", 1, bob);
        vm.assertEq(registry.namespaceOwner("bob"), bob.addr);
        vm.assertEq(registry.model(modelId).repo, "model:bob/chat");
    }

    function test_error_names_that_cannot_be_taken() public {
        _mintModel();
        _refuseRename(
            "model:alice/chat", alice, abi.encodeWithSelector(IModelRegistry.RepoTaken.selector, REPO, modelId)
        );
        _refuseRename(
            "dataset:alice/chat",
            alice,
            abi.encodeWithSelector(IModelRegistry.TypeChanged.selector, REPO, "dataset:alice/chat")
        );
        IModelRegistry.Mint memory m = _mintMessage();
        (m.repo, m.owner) = ("model:bob/x", bob.addr);
        _mint(m, bob);
        _refuseRename("model:bob/y", alice, abi.encodeWithSelector(IModelRegistry.NamespaceTaken.selector, bob.addr));
    }

    // How

    function _publishMessage(bytes32 root, bytes32 parent) private pure returns (IModelRegistry.Publish memory) {
        return IModelRegistry.Publish(REPO, CID, root, 4, parent, 0);
    }

    function _publish(IModelRegistry.Publish memory p, Account memory by) private {
        registry.publish(p, _signRegistry(by, hasher.hash(p)));
    }

    function _refuse(IModelRegistry.Mint memory m, bytes memory reason) private {
        bytes memory signature = _signRegistry(alice, hasher.hash(m));
        vm.expectRevert(reason);
        registry.mint(m, signature);
    }

    function _refusePublish(IModelRegistry.Publish memory p, Account memory by, bytes memory reason) private {
        bytes memory signature = _signRegistry(by, hasher.hash(p));
        vm.expectRevert(reason);
        registry.publish(p, signature);
    }

    function _refuseTag(IModelRegistry.SetTag memory t, Account memory by, bytes memory reason) private {
        bytes memory signature = _signRegistry(by, hasher.hash(t));
        vm.expectRevert(reason);
        registry.setTag(t, signature);
    }

    function _refuseRename(string memory to, Account memory by, bytes memory reason) private {
        IModelRegistry.Rename memory r = IModelRegistry.Rename(modelId, to, 0, FAR);
        bytes memory signature = _signRegistry(by, hasher.hash(r));
        vm.expectRevert(reason);
        registry.rename(r, signature);
    }

    function _refuseOwnerActions(Account memory by, uint64 epoch, bytes memory reason) private {
        IModelRegistry.SetTerms memory t = IModelRegistry.SetTerms(modelId, 9000, 0, epoch, 0, FAR);
        bytes memory signature = _signRegistry(by, hasher.hash(t));
        vm.expectRevert(reason);
        registry.setTerms(t, signature);

        IModelRegistry.Delegate memory d = IModelRegistry.Delegate(modelId, mallory.addr, FAR, epoch);
        signature = _signRegistry(by, hasher.hash(d));
        vm.expectRevert(reason);
        registry.delegate(d, signature);

        IModelRegistry.Deprecate memory x = IModelRegistry.Deprecate(modelId, V1, "", 0, epoch);
        signature = _signRegistry(by, hasher.hash(x));
        vm.expectRevert(reason);
        registry.deprecate(x, signature);

        IModelRegistry.Rename memory r = IModelRegistry.Rename(modelId, "model:x/y", epoch, FAR);
        signature = _signRegistry(by, hasher.hash(r));
        vm.expectRevert(reason);
        registry.rename(r, signature);
    }

    function _delegate(address to, uint64 expiry, uint64 epoch, Account memory by)
        private
        returns (bytes memory signature)
    {
        IModelRegistry.Delegate memory d = IModelRegistry.Delegate(modelId, to, expiry, epoch);
        signature = _signRegistry(by, hasher.hash(d));
        registry.delegate(d, signature);
    }

    function _setTerms(uint16 creatorBps, uint64 nonce, Account memory by) private {
        IModelRegistry.SetTerms memory t = IModelRegistry.SetTerms(modelId, creatorBps, keccak256("t"), 0, nonce, FAR);
        registry.setTerms(t, _signRegistry(by, hasher.hash(t)));
    }

    function _setTag(string memory tag, bytes32 root, uint64 nonce, Account memory by) private {
        IModelRegistry.SetTag memory t = IModelRegistry.SetTag(modelId, tag, root, 0, nonce);
        registry.setTag(t, _signRegistry(by, hasher.hash(t)));
    }

    function _rename(string memory to, uint64 epoch, Account memory by) private {
        IModelRegistry.Rename memory r = IModelRegistry.Rename(modelId, to, epoch, FAR);
        registry.rename(r, _signRegistry(by, hasher.hash(r)));
    }

    function _sell(Account memory from, Account memory to) private {
        vm.prank(from.addr);
        nft.transferFrom(from.addr, to.addr, modelId);
    }
}
