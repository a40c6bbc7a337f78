// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";

/// @title ERC-721 metadata made on chain
/// @notice Repository keys hold no character that JSON escapes. The manifest's CID is shown in base 16 (multibase `f`), which
/// every IPFS gateway reads.
library ModelMetadata {
    /// @notice A `data:application/json` URI that names the repository and points at the manifest of the head.
    function dataUri(IModelRegistry.Model memory m, bytes memory manifestCid) internal pure returns (string memory) {
        string memory cid = string.concat("ipfs://f", _hex(manifestCid));
        bytes memory json = abi.encodePacked(
            '{"name":"',
            m.repo,
            '","description":"',
            m.repo,
            ', anchored by DeHug","external_url":"',
            cid,
            '","attributes":',
            _attributes(m),
            "}"
        );
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }

    function _attributes(IModelRegistry.Model memory m) private pure returns (bytes memory) {
        return abi.encodePacked(
            '[{"trait_type":"Versions","value":',
            Strings.toString(m.versions),
            '},{"trait_type":"Creator basis points","value":',
            Strings.toString(m.creatorBps),
            '},{"trait_type":"Head","value":"',
            Strings.toHexString(uint256(m.head), 32),
            '"}]'
        );
    }

    function _hex(bytes memory value) private pure returns (string memory) {
        bytes memory text = new bytes(value.length * 2);
        bytes16 digits = "0123456789abcdef";
        for (uint256 i = 0; i < value.length; ++i) {
            text[2 * i] = digits[uint8(value[i]) >> 4];
            text[2 * i + 1] = digits[uint8(value[i]) & 0xf];
        }
        return string(text);
    }
}
