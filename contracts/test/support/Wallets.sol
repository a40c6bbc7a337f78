// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title An ERC-1271 account of one owner
contract Wallet is IERC1271 {
    address private immutable _owner;

    constructor(address owner) {
        _owner = owner;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        (address signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
        return signer == _owner ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @title Deploys wallets to addresses that are known before (ERC-6492)
contract WalletFactory {
    function deploy(address owner, bytes32 salt) external returns (Wallet wallet) {
        wallet = new Wallet{salt: salt}(owner);
    }
}

/// @title Code that says yes to every signature: what a cheat puts at its session key by EIP-7702
contract YesSayer is IERC1271 {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return IERC1271.isValidSignature.selector;
    }
}

/// @title Code that says no to every signature: what a cheat puts at its session key to withdraw its word
contract NaySayer is IERC1271 {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0xffffffff;
    }
}
