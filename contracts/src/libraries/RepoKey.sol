// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";

/// @title The key `type:namespace/name`
/// @notice Types are model, dataset and space. Namespace and name are lower-case ASCII letters, digits, `.`, `_`, `-`; neither
/// begins or ends with `.` or `-`, contains `--` or `..`, or ends with `.git` or `.ipynb`; together with the slash they have
/// at most 96 characters (the Hugging Face rules, in lower case; spec/repo-id.md).
library RepoKey {
    uint256 private constant MAX_BYTES = 96;

    /// @notice The model id: keccak256 of the key.
    function id(string memory key) internal pure returns (uint256) {
        return uint256(keccak256(bytes(key)));
    }

    /// @notice Checks the key and returns its type and namespace. Reverts with BadRepoKey.
    function parse(string memory key) internal pure returns (bytes32 repoType, string memory namespace) {
        bytes memory b = bytes(key);
        uint256 colon = _find(b, ":", 0);
        uint256 slash = _find(b, "/", colon);
        if (slash == b.length || b.length - colon - 1 > MAX_BYTES) revert IModelRegistry.BadRepoKey(key);
        if (!_isPart(b, colon + 1, slash) || !_isPart(b, slash + 1, b.length)) revert IModelRegistry.BadRepoKey(key);
        repoType = keccak256(_slice(b, 0, colon));
        if (!_isType(repoType)) revert IModelRegistry.BadRepoKey(key);
        namespace = string(_slice(b, colon + 1, slash));
    }

    function _isType(bytes32 repoType) private pure returns (bool) {
        return repoType == keccak256("model") || repoType == keccak256("dataset") || repoType == keccak256("space");
    }

    function _isPart(bytes memory b, uint256 start, uint256 end) private pure returns (bool) {
        if (end <= start || _endsWith(b, start, end, ".git") || _endsWith(b, start, end, ".ipynb")) return false;
        if (_isJoint(b[start]) || _isJoint(b[end - 1])) return false;
        for (uint256 i = start; i < end; ++i) {
            if (!_isAllowed(b[i])) return false;
            if (i != start && _isJoint(b[i]) && b[i] == b[i - 1]) return false;
        }
        return true;
    }

    function _endsWith(bytes memory b, uint256 start, uint256 end, bytes memory suffix) private pure returns (bool) {
        if (end - start < suffix.length) return false;
        return keccak256(_slice(b, end - suffix.length, end)) == keccak256(suffix);
    }

    function _isJoint(bytes1 c) private pure returns (bool) {
        return c == "-" || c == ".";
    }

    function _isAllowed(bytes1 c) private pure returns (bool) {
        return (c >= "a" && c <= "z") || (c >= "0" && c <= "9") || c == "." || c == "_" || c == "-";
    }

    function _find(bytes memory b, bytes1 c, uint256 from) private pure returns (uint256 i) {
        for (i = from; i < b.length; ++i) {
            if (b[i] == c) return i;
        }
    }

    function _slice(bytes memory b, uint256 start, uint256 end) private pure returns (bytes memory part) {
        part = new bytes(end - start);
        for (uint256 i = start; i < end; ++i) {
            part[i - start] = b[i];
        }
    }
}
