// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IModelNFT} from "../src/interfaces/IModelNFT.sol";
import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {Network} from "./support/Network.sol";
import {vm} from "./support/Vm.sol";

contract ModelNFTTest is Network {
    function setUp() public {
        _deploy(250, 1 hours);
        _mintModel();
    }

    function test_royalties_go_to_an_inbox_of_the_model() public view {
        (address receiver, uint256 amount) = nft.royaltyInfo(modelId, 1_000_000);
        vm.assertEq(receiver, ledger.royaltyInbox(modelId));
        vm.assertEq(amount, 50_000);
    }

    function test_interfaces() public view {
        vm.assertTrue(nft.supportsInterface(0x80ac58cd));
        vm.assertTrue(nft.supportsInterface(0x5b5e139f));
        vm.assertTrue(nft.supportsInterface(0x2a55205a));
        vm.assertTrue(nft.supportsInterface(0x49064906));
        vm.assertTrue(nft.supportsInterface(0xf5112315));
        vm.assertFalse(nft.supportsInterface(0xffffffff));
    }

    function test_metadata_is_on_chain_and_points_at_the_manifest() public view {
        string memory json = string.concat(
            '{"name":"model:alice/chat","description":"model:alice/chat, anchored by DeHug","external_url":"',
            "ipfs://f01551220daba8c984363447d18bf8210079973ac8fc1ce76864315b5baacf246bf6e72f6",
            '","attributes":[{"trait_type":"Versions","value":1},{"trait_type":"Creator basis points","value":2000},',
            '{"trait_type":"Head","value":"',
            Strings.toHexString(uint256(keccak256("version 1")), 32),
            '"}]}'
        );
        string memory uri = string.concat("data:application/json;base64,", Base64.encode(bytes(json)));
        vm.assertEq(nft.tokenURI(modelId), uri);
    }

    function test_transfers_raise_the_epoch() public {
        vm.prank(alice.addr);
        nft.transferFrom(alice.addr, bob.addr, modelId);
        vm.assertEq(nft.ownerEpoch(modelId), 1);
        vm.prank(bob.addr);
        nft.transferFrom(bob.addr, bob.addr, modelId);
        vm.assertEq(nft.ownerEpoch(modelId), 2);
    }

    function test_the_fingerprint_follows_what_a_buyer_cares_about_and_not_the_sale() public {
        bytes32 before = nft.getStateFingerprint(modelId);
        vm.prank(alice.addr);
        nft.transferFrom(alice.addr, bob.addr, modelId);
        vm.assertEq(nft.getStateFingerprint(modelId), before);
        IModelRegistry.SetTerms memory t = IModelRegistry.SetTerms(modelId, 0, 0, 1, 0, FAR);
        bytes memory signature = _signRegistry(bob, hasher.hash(t));
        vm.expectEmit(address(nft));
        emit IERC4906.MetadataUpdate(modelId);
        registry.setTerms(t, signature);
        vm.assertNotEq(nft.getStateFingerprint(modelId), before);
    }

    function test_error_only_the_registry_mints_and_refreshes() public {
        vm.expectRevert(abi.encodeWithSelector(IModelNFT.OnlyRegistry.selector, address(this)));
        nft.mint(mallory.addr, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IModelNFT.OnlyRegistry.selector, address(this)));
        nft.refresh(modelId);
    }

    function test_error_unknown_token() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 5));
        nft.tokenURI(5);
    }
}
