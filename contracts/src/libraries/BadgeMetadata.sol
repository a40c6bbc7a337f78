// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IBadges} from "../interfaces/IBadges.sol";

/// @title ERC-721 metadata of badges, made on chain
library BadgeMetadata {
    /// @notice A `data:application/json` URI with the badge's name and what it is for.
    function dataUri(IBadges.Badge memory b) internal pure returns (string memory) {
        bytes memory json = abi.encodePacked(
            '{"name":"',
            _name(b.kind),
            '","description":"A badge of DeHug. It cannot be transferred.","attributes":[{"trait_type":"Season","value":',
            Strings.toString(b.season),
            '},{"trait_type":"Rank","value":',
            Strings.toString(b.rank),
            '},{"trait_type":"Evidence","value":"',
            Strings.toHexString(b.evidence, 32),
            '"}]}'
        );
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }

    function _name(IBadges.Kind kind) private pure returns (string memory) {
        if (kind == IBadges.Kind.Creator) return "Creator";
        if (kind == IBadges.Kind.Patron) return "Patron";
        if (kind == IBadges.Kind.Host) return "Host";
        if (kind == IBadges.Kind.SeasonCreator) return "Creator of the season";
        if (kind == IBadges.Kind.SeasonProvider) return "Provider of the season";
        return "Model of the season";
    }
}
