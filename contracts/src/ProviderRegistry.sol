// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IProviderRegistry} from "./interfaces/IProviderRegistry.sol";
import {IUSDC} from "./interfaces/IUSDC.sol";
import {ProviderTypes} from "./libraries/ProviderTypes.sol";
import {Nonces} from "./Nonces.sol";

/// @title Who serves models, where, and what they put at stake
contract ProviderRegistry is Nonces, IProviderRegistry {
    using ProviderTypes for *;
    using SafeERC20 for IERC20;

    /// @inheritdoc IProviderRegistry
    uint64 public constant UNBONDING_SECONDS = 7 days;

    uint256 private constant MAX_URL_BYTES = 256;

    /// @inheritdoc IProviderRegistry
    address public immutable usdc;
    /// @inheritdoc IProviderRegistry
    address public immutable controller;

    /// @inheritdoc IProviderRegistry
    uint256 public totalStake;
    mapping(address account => Provider) private _providers;

    constructor(address usdc_, address controller_) EIP712("DeHug Providers", "1") {
        usdc = usdc_;
        controller = controller_;
    }

    /// @inheritdoc IProviderRegistry
    function register(Register calldata r, bytes calldata signature) external {
        _requireBefore(r.deadline);
        uint256 length = bytes(r.url).length;
        if (length == 0 || length > MAX_URL_BYTES) revert BadUrl(length);
        _requireSignedBy(r.provider, r.hash(), signature);
        Provider storage p = _providers[r.provider];
        if (r.nonce < p.nonce) revert NonceTooLow(r.nonce, p.nonce);
        p.nonce = r.nonce + 1;
        p.url = r.url;
        emit ProviderRegistered(r.provider, r.url);
    }

    /// @inheritdoc IProviderRegistry
    function stakeWithAuthorization(
        address account,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        if (amount == 0) revert ZeroAmount();
        Provider storage p = _providers[account];
        p.stake += amount;
        totalStake += amount;
        emit Staked(account, amount, p.stake);
        IUSDC(usdc).receiveWithAuthorization(account, address(this), amount, validAfter, validBefore, nonce, signature);
    }

    /// @inheritdoc IProviderRegistry
    function unbond(Unbond calldata u, bytes calldata signature) external {
        _requireBefore(u.deadline);
        if (u.amount == 0) revert ZeroAmount();
        _requireSignedBy(u.provider, u.hash(), signature);
        _useAccountNonce(u.provider, u.nonce);
        Provider storage p = _providers[u.provider];
        if (p.stake < u.amount) revert InsufficientStake(p.stake, u.amount);
        p.stake -= u.amount;
        p.unbonding += u.amount;
        p.releaseAt = uint64(block.timestamp) + UNBONDING_SECONDS;
        emit UnbondRequested(u.provider, u.amount, p.releaseAt);
    }

    /// @inheritdoc IProviderRegistry
    function finishUnbond(address account) external {
        Provider storage p = _providers[account];
        uint256 amount = p.unbonding;
        if (amount == 0 || block.timestamp < p.releaseAt) revert NotReleasable(p.releaseAt);
        p.unbonding = 0;
        p.releaseAt = 0;
        totalStake -= amount;
        emit Unbonded(account, amount);
        IERC20(usdc).safeTransfer(account, amount);
    }

    /// @inheritdoc IProviderRegistry
    function slash(address account, uint256 amount) external returns (uint256 taken) {
        if (msg.sender != controller) revert OnlyController(msg.sender);
        Provider storage p = _providers[account];
        uint256 fromStake = Math.min(amount, p.stake);
        uint256 fromUnbonding = Math.min(amount - fromStake, p.unbonding);
        taken = fromStake + fromUnbonding;
        if (taken == 0) return 0;
        p.stake -= fromStake;
        p.unbonding -= fromUnbonding;
        totalStake -= taken;
        emit Slashed(account, taken);
        IERC20(usdc).safeTransfer(controller, taken);
    }

    /// @inheritdoc IProviderRegistry
    function provider(address account) external view returns (Provider memory) {
        return _providers[account];
    }
}
